//! Words of names that say nothing about whose name it is: forms of companies, and connectors.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::words::{Word, joined, split};

/// Forms of companies, without spaces between the parts of a form.
const FORMS: &str = "\
    GmbH gGmbH mbH AG KG KGaA OHG GbR UG eV eG eK SE Inc Incorporated Ltd Limited Co Company Corp Corporation LLC LLP \
    LP PLC CIC Pty Pvt Pte Sdn Bhd Tbk PT JSC PJSC OJSC FZE FZCO FZLLC WLL DMCC BSC SAOC QSC \
    SA SAS SASU SARL EURL SNC SCA SCI SCOP SCRL SRL SPRL ASBL SPA SRLS SAPA SS SAA SAC EIRL SL SLU SLL SLNE SCoop SCP SAU SADeCV \
    SdeRLdeCV CV Ltda EPP EIRELI SGPS Lda Unipessoal BV NV VOF CVBA BVBA \
    AB HB KB Oy Oyj Ky Tmi AS ASA ANS ApS IVS KS AmbA Hf Ehf Ohf Sf Slf \
    Kft Bt Zrt Nyrt Rt Kkt Kht Spzoo SpzooSpk SpzooSpj Spj Spk Spp SC Sro Spolsro Vos As DD DOO DnO JDOO AD EOOD OOD EAD \
    UAB SIA OU OÜ MTU TÜ KU IK VšĮ Sti Şti LtdŞti AŞ AO SanveTic SanTic SanayiveTicaret \
    SanayiveTicaretAŞ SanayiveTicaretLtdŞti TicLtdŞti TicAŞ İnş AE OE EE EPE IKE \
    ΑΕ ΟΕ ΕΕ ΕΠΕ ΙΚΕ ΑΒΕΕ ООО ОАО ЗАО ПАО АО ИП НКО ТОО ТОВ ПП ФОП АТ ПрАТ ЧП ЕООД ООД ЕАД АД ДОО \
    בעמ عمم شمم ذمم شذمم شم شركة KK GK YK KabushikiKaisha KabushikiGaisha GodoKaisha YugenKaisha CoLtd CoKG";

/// Forms of companies in scripts without spaces between words, and Korean ones, which are often written without one.
const ATTACHED_FORMS: &str = "\
    株式会社 有限会社 合同会社 合名会社 合資会社 相互会社 特例有限会社 一般社団法人 公益社団法人 一般財団法人 公益財団法人 \
    社団法人 財団法人 医療法人 医療法人社団 医療法人財団 学校法人 宗教法人 社会福祉法人 特定非営利活動法人 独立行政法人 \
    有限公司 有限责任公司 有限責任公司 股份有限公司 株 有 同 名 資 社 財 医 学 주 유 주식회사 유한회사 합자회사";

/// Forms that are written before the name. All are written after it.
const LEADING_FORMS: &str = "\
    AB AS Oy HB KB PT CV UAB SIA AO OU OÜ Firma Fa ООО ОАО ЗАО ПАО АО ИП ТОО ТОВ ПП ФОП ЕООД شركة مؤسسة";

/// Words that connect the words of a name.
const CONNECTORS: &str = "and und et y e i och og ja ve en és a oraz u und + и й та і και ו و & n";

/// The most words that a form consists of.
const MAX_FORM_WORDS: usize = 7;

struct Lists {
    forms: HashSet<Vec<char>>,
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
    Lists { forms, leading, attached, connectors: words(CONNECTORS).into_iter().collect() }
});

/// Marks the company forms at both ends of a name, and its connectors, as ignored; at least one word is not.
pub(super) fn ignore_in_name(words: Vec<Word>) -> Vec<Word> {
    let mut words = detached(words);
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
    let connectors: Vec<usize> = (first + 1..end.saturating_sub(1))
        .filter(|index| is_connector(words.get(*index)))
        .filter(|index| !is_single(*index) || !(is_single(index - 1) || is_single(index + 1)))
        .collect();
    for index in connectors {
        ignore(&mut words, index..index + 1);
    }
    words
}

/// Marks the company forms and connectors of a search text, wherever they are, as ignored. A text without other words is
/// treated as a name.
pub(super) fn ignore_in_query(words: Vec<Word>) -> Vec<Word> {
    let mut words = detached(words);
    let all = words.clone();
    let mut index = 0;
    while index < words.len() {
        let ends = (index + 1..=words.len().min(index + MAX_FORM_WORDS)).rev();
        let form = ends.into_iter().find(|end| words.get(index..*end).is_some_and(is_form));
        if let Some(end) = form {
            ignore(&mut words, index..end);
        } else if is_connector(words.get(index)) {
            ignore(&mut words, index..index + 1);
        }
        index = form.unwrap_or(index + 1);
    }
    if words.iter().all(|word| word.is_ignored) { ignore_in_name(all) } else { words }
}

/// Separates company forms from the words to which they are attached.
fn detached(words: Vec<Word>) -> Vec<Word> {
    let mut separate = Vec::new();
    for word in words {
        let text = &word.text;
        let part = |text: &[char]| Word { text: text.to_vec(), ..word.clone() };
        // A form of one character stands in parentheses, so it is a word of its own.
        let longer = || LISTS.attached.iter().filter(|form| form.len() > 1 && form.len() < text.len());
        let before = longer().find_map(|form| Some((form, text.strip_prefix(form.as_slice())?)));
        let after = || longer().find_map(|form| Some((text.strip_suffix(form.as_slice())?, form)));
        match before {
            Some((form, rest)) => separate.extend([part(form), part(rest)]),
            None => match after() {
                Some((rest, form)) => separate.extend([part(rest), part(form)]),
                None => separate.push(word),
            },
        }
    }
    separate
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
    LISTS.forms.contains(&joined(words))
}

fn is_connector(word: Option<&Word>) -> bool {
    word.is_some_and(|word| LISTS.connectors.contains(&word.text))
}

fn ignore(words: &mut [Word], range: std::ops::Range<usize>) {
    words.get_mut(range).into_iter().flatten().for_each(|word| word.is_ignored = true);
}
