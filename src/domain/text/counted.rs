//! Numbers with what they count (Unicode CLDR, plural rules).

use super::Language;

/// A noun as it stands behind a number.
pub(super) struct Noun {
    /// 1; then any other number.
    pub(super) english: (&'static str, &'static str),
    /// 1, 21, 101 (`one`); 2 to 4, 22 (`few`); 5, 11, 100 (`many`).
    pub(super) russian: (&'static str, &'static str, &'static str),
}

/// Behind "at least" and "at most", which take the genitive in Russian.
pub(super) const CHARACTERS: Noun =
    Noun { english: ("character", "characters"), russian: ("символа", "символов", "символов") };
/// Behind "in", which takes the accusative in Russian.
pub(super) const SECONDS: Noun =
    Noun { english: ("second", "seconds"), russian: ("секунду", "секунды", "секунд") };
/// Likewise.
pub(super) const MINUTES: Noun =
    Noun { english: ("minute", "minutes"), russian: ("минуту", "минуты", "минут") };

/// `3 minutes`, `3 минуты`
pub(super) fn counted(language: Language, number: u16, noun: &Noun) -> String {
    let word = match (language, number % 10, number % 100) {
        (Language::English, ..) if number == 1 => noun.english.0,
        (Language::English, ..) => noun.english.1,
        (Language::Russian, 1, last_two) if last_two != 11 => noun.russian.0,
        (Language::Russian, 2..=4, last_two) if !(12..=14).contains(&last_two) => noun.russian.1,
        (Language::Russian, ..) => noun.russian.2,
    };
    format!("{number} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples of CLDR.
    #[test]
    fn numbers_have_the_form_of_the_noun_that_goes_with_them() {
        for (number, english, russian) in [
            (0, "minutes", "минут"),
            (1, "minute", "минуту"),
            (2, "minutes", "минуты"),
            (4, "minutes", "минуты"),
            (5, "minutes", "минут"),
            (11, "minutes", "минут"),
            (12, "minutes", "минут"),
            (14, "minutes", "минут"),
            (19, "minutes", "минут"),
            (21, "minutes", "минуту"),
            (22, "minutes", "минуты"),
            (100, "minutes", "минут"),
            (101, "minutes", "минуту"),
            (111, "minutes", "минут"),
            (112, "minutes", "минут"),
            (1004, "minutes", "минуты"),
        ] {
            assert_eq!(counted(Language::English, number, &MINUTES), format!("{number} {english}"));
            assert_eq!(counted(Language::Russian, number, &MINUTES), format!("{number} {russian}"));
        }
    }
}
