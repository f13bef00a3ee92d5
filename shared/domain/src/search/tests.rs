use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Pairs of a search text and a name, each with `find` or `not`.
const NAMES: &str = include_str!("names.tsv");

fn matched(query: &str, name: &str) -> Option<Match> {
    query.parse::<NameQuery>().unwrap().matches(&name.parse().unwrap())
}

/// Returns whether the index leads from a search text to a name, by any of the text's words.
fn is_indexed(query: &NameQuery, name: &Name) -> Vec<bool> {
    let (parts, spellings) = (index::parts(name), index::spellings(name));
    let has_part = |prefix: &str| parts.iter().any(|part| part.starts_with(prefix));
    let by_word = |word: usize| {
        let prefixes = query.spelling_prefixes(word);
        let found = spellings.iter().filter(|one| prefixes.iter().any(|prefix| one.starts_with(prefix)));
        let mut words = found.map(|spelling| index::word_of(spelling));
        query.part_prefixes(word).iter().any(|prefix| has_part(prefix))
            || words
                .any(|found| query.edits_to(word, found).is_some() && has_part(&index::part_prefix_of(found)))
    };
    let names = (0..query.words()).filter(|word| !query.may_be_filler(*word));
    names.map(by_word).collect()
}

#[test]
fn names_match_as_people_type_them() {
    let mut wrong = Vec::new();
    for line in NAMES.lines().skip(1) {
        let [typed, name, expected] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let found = matched(typed, name);
        if found.is_some() != (expected == "find") {
            wrong.push(format!("{line}: {found:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn matches_have_these_qualities() {
    for (query, name, expected) in [
        ("（株）ヤマダ", "㈱ヤマダ", Some(Match::Exact)),
        ("ISTANBUL", "ıstanbul", Some(Match::Exact)),
        ("Sohne & Huber", "Huber & Söhne OHG", Some(Match::Words)),
        ("huber sohne", "Huber & Söhne OHG", Some(Match::Exact)),
        ("istanbul", "İSTANBUL Güvenlik A.Ş.", Some(Match::Beginning)),
        ("el sol s a", "Panadería El Sol, S.A.", Some(Match::Words)),
        ("ｅｄｇｅ", "Edge & Co", Some(Match::Exact)),
        ("harbor hotels", "Harbour Hotels Ltd", Some(Match::Edits(1))),
        ("harbr hotls", "Harbour Hotels Ltd", Some(Match::Edits(2))),
        ("harbrr", "Harbour Hotels Ltd", None),
        ("sal", "El Sol", None),
        ("각", "각각", Some(Match::Beginning)),
        ("葛城", "葛\u{e0100}城電機", Some(Match::Beginning)),
        ("٣", "3 Kings", Some(Match::Beginning)),
        ("६", "6 Rivers", Some(Match::Beginning)),
        ("bayer", "Bauer", Some(Match::Edits(1))),
        ("baur", "Bauer", None),
        ("muellers", "Müller", Some(Match::Edits(1))),
        ("gmbh", "Huber GmbH", None),
        ("株式会社", "株式会社ヤマダ", None),
        ("and", "Bread and Butter", None),
        ("GmbH AG", "GmbH AG", Some(Match::Exact)),
        ("gmbh", "Huber GmbH Wien", None),
        ("huber wien", "Huber GmbH Wien", Some(Match::Exact)),
        ("gmbh", "Wölfle & Söhne GmbH und Co. KG", None),
        ("ミヤコ大阪支店", "ミヤコ株式会社大阪支店", Some(Match::Exact)),
        ("huber gm", "Huber GmbH & Co. KG", Some(Match::Words)),
        ("marlumbre s", "Marlumbre S.A.", Some(Match::Words)),
        ("gm", "Huber GmbH", None),
        ("gmbh huber", "Huber GmbH", Some(Match::Words)),
        ("gmbh kg", "Huber GmbH & Co. KG", None),
        ("A. Tamm", "A. Tamm", Some(Match::Exact)),
        ("A. Tamm", "E. Tamm", None),
        ("S. A. Novak", "Novak Trading", None),
        ("spa hotel", "Hotel Adler", None),
        ("spa", "Thermal Spa", Some(Match::Words)),
        ("Vitamin E", "Vitamin B", None),
        ("I.B.M.", "IBM Deutschland", Some(Match::Beginning)),
        ("maeda", "マエダ工務店", Some(Match::Words)),
        ("ueno", "ウエノ楽器店", Some(Match::Words)),
        ("kouen", "コウエン", Some(Match::Words)),
        ("toukyou kurage", "Tōkyō Kurage Gakki", Some(Match::Words)),
        ("カフェ～空色～", "カフェ〜空色〜", Some(Match::Exact)),
        ("キラキラスタジオ", "キラキラ☆スタジオ", Some(Match::Exact)),
        ("☆", "☆", Some(Match::Exact)),
        ("мʼятний", "М’ятний Об’єкт", Some(Match::Beginning)),
        (" yamada\u{200f}\u{3000}", "Yamada", Some(Match::Exact)),
    ] {
        assert_eq!(matched(query, name), expected, "{query} in {name}");
    }
    for nothing in ["!", "- -", "\u{301}"] {
        assert_eq!(nothing.parse::<NameQuery>().unwrap_err().code, "unsearchable", "{nothing}");
    }
    let all = [Match::Exact, Match::Beginning, Match::Words, Match::Edits(1), Match::Edits(2)];
    assert!(all.is_sorted());
}

#[test]
fn every_usual_romanization_finds_the_same_kana() {
    for typed in ["shinbun", "shimbun", "sinbun", "SHINBUN"] {
        assert_eq!(matched(typed, "シンブン堂"), Some(Match::Words), "{typed}");
    }
    for typed in ["toukyou", "tokyo", "Tōkyō", "toukyo", "tookyoo"] {
        assert_eq!(matched(typed, "トウキョウ"), Some(Match::Words), "{typed}");
    }
}

#[test]
fn unique_form_ignores_only_case_and_width() {
    for same in [["Ｃ＋＋", "c++"], ["STRASSE", "straße"], ["ﾔﾏﾀﾞ", "ヤマダ"]] {
        assert_eq!(unique_form(same[0]), unique_form(same[1]), "{same:?}");
    }
    for other in [["C", "C++"], ["C++", "C#"], ["Muller", "Müller"], ["やまだ", "ヤマダ"], ["a b", "ab"]]
    {
        assert_ne!(unique_form(other[0]), unique_form(other[1]), "{other:?}");
    }
}

#[test]
fn ignored_characters_do_not_affect_composition() {
    assert_eq!(sort_key("\u{1138b}{\u{113c7}"), sort_key("\u{1138b}\u{113c7}"));
    assert_eq!(sort_key("う-\u{3099}"), sort_key("ゔ"));
}

#[test]
fn misspelled_word_is_indexed_after_a_long_one_without_spaces() {
    let name: Name = format!("{} Hollenbury", "\u{5bae}".repeat(30)).parse().unwrap();
    let query: NameQuery = "hollenbery".parse().unwrap();
    assert_eq!((query.matches(&name), is_indexed(&query, &name)), (Some(Match::Edits(1)), vec![true]));
}

/// Returns the fewest edits by their definition: all texts that one edit makes of a text, then all that another makes.
fn edits_by_definition(typed: &str, word: &str, most: usize) -> Option<usize> {
    let prefixes: BTreeSet<&str> = (0..=word.len()).filter_map(|end| word.get(..end)).collect();
    let mut texts = BTreeSet::from([typed.to_owned()]);
    for edits in 0..=most {
        if texts.iter().any(|text| prefixes.contains(text.as_str())) {
            return Some(edits);
        }
        let mut next = BTreeSet::new();
        for text in texts {
            for at in 0..=text.len() {
                let (before, after) = text.split_at(at);
                for letter in ["a", "b", "c"] {
                    next.insert(format!("{before}{letter}{after}"));
                    if let Some(rest) = after.get(1..) {
                        next.insert(format!("{before}{letter}{rest}"));
                    }
                }
                if let Some(rest) = after.get(1..) {
                    next.insert(format!("{before}{rest}"));
                }
                if let (Some(one), Some(two), Some(rest)) = (after.get(..1), after.get(1..2), after.get(2..))
                {
                    next.insert(format!("{before}{two}{one}{rest}"));
                }
            }
        }
        texts = next;
    }
    None
}

proptest! {
    #[test]
    fn unique_form_is_idempotent(name in "\\PC{0,12}") {
        prop_assert_eq!(unique_form(&unique_form(&name)), unique_form(&name));
    }

    #[test]
    fn sort_key_is_idempotent(text in "\\PC{0,20}") {
        prop_assert_eq!(sort_key(&sort_key(&text)), sort_key(&text));
    }

    #[test]
    fn searchable_name_matches_itself(
        text in prop_oneof!["\\PC{1,20}", "(AB |S\\.A\\. |株式会社)?[a-zäöüæA-Z .&-]{1,15}( GmbH| Co\\. KG| A/S|株式会社| und| e| y)?"]
    ) {
        if let (Ok(query), Ok(name)) = (text.parse::<NameQuery>(), text.parse::<Name>()) {
            let found = query.matches(&name);
            prop_assert!(matches!(found, Some(Match::Exact | Match::Beginning | Match::Words)), "{found:?}");
            if query.words() <= 4 {
                prop_assert!(is_indexed(&query, &name).into_iter().all(|found| found));
            }
        }
    }

    /// The letters are few, so that most texts are within some edits of each other.
    #[test]
    fn edits_are_counted_by_their_definition(typed in "[abc]{1,10}", word in "[abc]{1,12}") {
        let allowed = match typed.len() { 0..=4 => 0, 5..=8 => 1, _ => 2 };
        let expected = edits_by_definition(&typed, &word, allowed);
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let found = edits::distance_to_prefix(&chars(&typed), &chars(&word));
        // An exchange counts as one edit only if no other edit falls between its letters.
        match expected {
            Some(edits) if edits < 2 => prop_assert_eq!(found, edits),
            Some(_) => prop_assert!(found >= 2),
            None => prop_assert!(found > allowed),
        }
    }

    /// A search finds only names to which the index leads.
    #[test]
    fn index_leads_to_every_name_that_matches(
        typed in "[bcd]{1,11}( [bcd]{1,6})?", name in "[bcd]{1,12}( [bcd]{1,9}){0,2}"
    ) {
        let (query, name): (NameQuery, Name) = (typed.parse().unwrap(), name.parse().unwrap());
        if query.matches(&name).is_some() {
            prop_assert!(is_indexed(&query, &name).into_iter().all(|found| found));
        }
    }

    #[test]
    fn index_leads_from_a_misspelled_word_to_its_name(
        word in "[a-z]{5,16}", rest in "[a-z]{0,9}", place in 0usize..16, letter in "[a-z]", kind in 0u8..4, twice: bool
    ) {
        let name: Name = format!("{rest} {word}").trim().parse().unwrap();
        let mut typed: Vec<char> = word.chars().collect();
        for place in [place % typed.len(), (place * 7 + 3) % typed.len()].into_iter().take(1 + usize::from(twice)) {
            let letter = letter.chars().next().unwrap();
            match kind {
                0 => typed[place.min(word.len() - 3)] = letter,
                1 => typed.insert(place, letter),
                2 => drop(typed.remove(place.min(typed.len() - 1))),
                _ => {
                    let place = place.min(typed.len() - 2);
                    typed.swap(place, place + 1);
                }
            }
        }
        let query: NameQuery = typed.iter().collect::<String>().parse().unwrap();
        if query.matches(&name).is_some() {
            prop_assert!(is_indexed(&query, &name).into_iter().all(|found| found), "{} {name}", query);
        }
    }

    /// Shorter words may be company forms, which are ignored at the end.
    #[test]
    fn words_match_in_any_letter_case_and_order(
        words in prop::collection::vec("[a-zA-Zäöüßéñçğşİı]{5,12}", 1..4)
    ) {
        let name = words.join(" ");
        let backwards = words.iter().rev().cloned().collect::<Vec<_>>().join(" ");
        for query in [name.to_uppercase(), name.to_lowercase(), backwards] {
            prop_assert!(matched(&query, &name).is_some(), "{query} in {name}");
        }
    }
}
