//! Words that many names share: company forms, and connectors.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::words::{Word, joined, split};

/// Company forms, without spaces between the parts of a form.
const FORMS: &str = "\
    GmbH gGmbH mbH AG Aktiengesellschaft KG KGaA OHG GbR UG eV eG eK SE Inc Incorporated Ltd Limited Co Company Corp Corporation LLC LLP \
    LP PLC CIC Pty Pvt PvtLtd PrivateLimited Pte Sdn Bhd Tbk PT JSC PJSC OJSC FZE FZCO FZLLC WLL DMCC BSC SAOC QSC \
    SA SAS SASU SARL EURL SNC SCI SCOP SCRL SRL SPRL ASBL SRLS SAPA SS SAA SAC EIRL SL SLU SLL SLNE SCoop SCP SAU SADeCV \
    SdeRLdeCV CV Ltda Limitada EPP EIRELI SGPS Lda Unipessoal BV NV VOF CVBA BVBA \
    AB HB KB Oy Oyj Ky Tmi AS ASA ANS ApS IVS KS AmbA Hf Ehf Ohf Sf Slf \
    Kft Bt Zrt Nyrt Rt Kkt Kht Spzoo SpzooSpk SpzooSpj Spj Spk Spp Ska SpółkaZOO SC Sro Spolsro As DD DOO DnO JDOO AD EOOD OOD EAD \
    UAB SIA OU OÜ MTU TÜ KU IK VšĮ Sti Şti LtdŞti AŞ AO SanveTic SanTic SanayiveTicaret AnonimŞirketi LimitedŞirketi \
    SanayiveTicaretAŞ SanayiveTicaretLtdŞti TicLtdŞti TicAŞ İnş EPE IKE \
    ΑΕ ΟΕ ΕΕ ΕΠΕ ΙΚΕ ΑΒΕΕ ООО ОАО ЗАО ПАО АО ИП НКО ТОО ТОВ ПП ФОП АТ ПрАТ ЧП ЕООД ООД ЕАД АД ДОО \
    בעמ عمم شمم ذمم شذمم شم شركة شرکت प्राइवेटलिमिटेड प्रालि TNHH KK GK YK KabushikiKaisha KabushikiGaisha GodoKaisha YugenKaisha CoLtd CoKG";

/// Company forms in scripts without spaces between words, and Korean ones, which are often written without one.
const ATTACHED_FORMS: &str = "\
    株式会社 有限会社 合同会社 合名会社 合資会社 相互会社 特例有限会社 一般社団法人 公益社団法人 一般財団法人 公益財団法人 \
    社団法人 財団法人 医療法人 医療法人社団 医療法人財団 学校法人 宗教法人 社会福祉法人 特定非営利活動法人 独立行政法人 \
    บริษัท จำกัด มหาชน 有限公司 有限责任公司 有限責任公司 股份有限公司 株 有 同 名 資 社 財 医 学 주 유 주식회사 유한회사 합자회사";

/// Forms that are also written before the name.
const LEADING_FORMS: &str = "\
    AB AS Oy HB KB PT CV UAB SIA AO OU OÜ Firma Fa ООО ОАО ЗАО ПАО АО ИП ТОО ТОВ ПП ФОП ЕООД شركة مؤسسة";

/// Forms that are initials without their dots: the same letters in one word are a word.
const DOTTED_FORMS: &str = "SPA VOS SCA";

/// Forms that are no words of their own, so that they are forms also in the middle of a name.
const UNMISTAKABLE_FORMS: &str = "GmbH gGmbH KGaA OHG Ltd Inc LLC LLP Kft Zrt Nyrt Ltda ApS TNHH 株式会社 有限会社 合同会社 有限公司 股份有限公司 (株) (有) 주식회사";

/// Words that connect the words of a name.
const CONNECTORS: &str = "and und et y e i och og ja ve en és a oraz u und + и й та і και ו و & n";

/// The most words that a form consists of.
const MAX_FORM_WORDS: usize = 7;

struct Lists {
    forms: HashSet<Vec<char>>,
    dotted: HashSet<Vec<char>>,
    unmistakable: HashSet<Vec<char>>,
    leading: HashSet<Vec<char>>,
    attached: Vec<Vec<char>>,
    connectors: HashSet<Vec<char>>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let words = |list: &str| list.split_whitespace().map(|word| joined(&split(word))).collect::<Vec<_>>();
    let mut attached = words(ATTACHED_FORMS);
    // The longest form is the one that is meant.
    attached.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let leading: HashSet<_> = words(LEADING_FORMS).into_iter().chain(attached.clone()).collect();
    let forms = words(FORMS).into_iter().chain(leading.clone()).collect();
    let set = |list: &str| words(list).into_iter().collect();
    let (dotted, unmistakable) = (set(DOTTED_FORMS), set(UNMISTAKABLE_FORMS));
    Lists { forms, dotted, unmistakable, leading, attached, connectors: set(CONNECTORS) }
});

/// Marks the company forms and connectors of a name or a search text as ignored: forms at both ends, unmistakable ones
/// anywhere, and connectors between other words. At least one word is not ignored.
pub(super) fn ignore_fillers(words: Vec<Word>) -> Vec<Word> {
    let mut words = separate_forms(words);
    let mut end = words.len();
    while let Some(start) = form_before(&words, end).filter(|start| *start > 0) {
        ignore(&mut words, start..end);
        end = start;
    }
    let mut first = 0;
    while let Some(next) = leading_form(&words, first).filter(|next| *next < end) {
        ignore(&mut words, first..next);
        first = next;
    }
    // A single letter may as well be an initial, which has another beside it or begins or ends the name.
    let is_single = |index: usize| words.get(index).is_none_or(|word| word.text.len() == 1);
    let last = if end < words.len() { end } else { end.saturating_sub(1) };
    let fillers: Vec<usize> = (first + 1..last)
        .filter(|index| {
            let is_initial = is_single(*index) && (is_single(index - 1) || is_single(index + 1));
            let text = words.get(*index).map(|word| &word.text);
            (is_connector(words.get(*index)) && !is_initial)
                || text.is_some_and(|text| LISTS.unmistakable.contains(text))
        })
        .collect();
    for index in fillers {
        ignore(&mut words, index..index + 1);
    }
    words
}

/// Returns whether a text is a company form or connector or, if it `may_go_on`, the beginning of one.
pub(super) fn may_be_filler(text: &[char], may_go_on: bool) -> bool {
    let mut all = LISTS.forms.iter().chain(&LISTS.dotted).chain(&LISTS.connectors);
    all.any(|filler| filler == text || may_go_on && filler.starts_with(text))
}

/// Separates company forms from the words to which they are attached.
fn separate_forms(words: Vec<Word>) -> Vec<Word> {
    words.into_iter().flat_map(separate_form).collect()
}

fn separate_form(word: Word) -> Vec<Word> {
    let found = LISTS.attached.iter().find_map(|form| {
        // A form of one character stands in parentheses, so it is a word of its own.
        let is_inner = form.len() > 1 && form.len() < word.text.len();
        let at = word.text.windows(form.len()).position(|part| is_inner && part == form.as_slice())?;
        let is_at_end = at == 0 || at + form.len() == word.text.len();
        (is_at_end || form.len() > 3).then_some((at, form))
    });
    let Some((at, form)) = found else { return vec![word] };
    let (before, rest) = word.text.split_at(at);
    let after = rest.get(form.len()..).unwrap_or_default();
    let parts = [before, form.as_slice(), after].into_iter().filter(|part| !part.is_empty());
    parts.map(|part| Word { text: part.to_vec(), ..word.clone() }).collect()
}

/// Returns where the company form that ends before `end` begins, if there is one.
fn form_before(words: &[Word], end: usize) -> Option<usize> {
    let starts = end.saturating_sub(MAX_FORM_WORDS)..end;
    starts.into_iter().find(|start| words.get(*start..end).is_some_and(is_form))
}

/// Returns where the company form that begins at `start`, if there is one, ends.
fn leading_form(words: &[Word], start: usize) -> Option<usize> {
    let word = words.get(start)?;
    LISTS.leading.contains(&word.text).then_some(start + 1)
}

fn is_form(words: &[Word]) -> bool {
    let text = joined(words);
    LISTS.forms.contains(&text) || (words.len() > 1 && LISTS.dotted.contains(&text))
}

fn is_connector(word: Option<&Word>) -> bool {
    word.is_some_and(|word| LISTS.connectors.contains(&word.text))
}

fn ignore(words: &mut [Word], range: std::ops::Range<usize>) {
    words.get_mut(range).into_iter().flatten().for_each(|word| word.is_ignored = true);
}
