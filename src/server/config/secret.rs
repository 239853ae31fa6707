//! What may be the root of every key.

use secrecy::SecretString;

/// Where the root secret comes from.
#[derive(Debug)]
pub enum SecretSource {
    /// `SECRET_KEY`.
    Given(SecretString),
    /// Nobody gave one (development only): `DataFolder::secret_key` makes and keeps it.
    Generated,
}

/// As long as the tutorial advises, for text of all kinds of characters: 32 random letters and digits hold 190 bits.
const SHORTEST: usize = 32;
/// 256 bits (CFG-1): hexadecimal digits hold only four each, and are what most tools make secrets of.
const FEWEST_HEX_DIGITS: usize = 64;

/// Secrets that everybody knows, letters and digits only. The long ones would pass for good by their length.
const EXAMPLES: [&str; 25] = [
    "вашсекретныйключздесь",
    "вашсекретныйключ",
    "секретныйключ",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "astringsecretatleast256bitslong",
    "changeit",
    "changeme",
    "changemeinproduction",
    "changethis",
    "devsecret",
    "example",
    "insecure",
    "jwtsecret",
    "mysecret",
    "mysecretkey",
    "password",
    "secret",
    "secretkey",
    "supersecret",
    "supersecretkey",
    "your256bitsecret",
    "yoursecretkey",
    "yoursecretkeychangeinproduction",
    "yoursecretkeyhere",
    "yoursupersecretjwttokenwithatleast32characterslong",
];

/// Whether `text` is one of those that everybody knows.
pub(super) fn is_example(text: &str) -> bool {
    let text = text.trim();
    let letters: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    EXAMPLES.contains(&letters.as_str()) || is_repetition(text)
}

/// Why `text` must not protect accounts, or none. Nothing of the text is in the answer.
pub(super) fn weakness(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if is_example(text) {
        Some("is an example that everybody knows")
    } else if text.chars().count() < SHORTEST {
        Some("is shorter than 32 characters")
    } else if is_short_hex(text) {
        Some("holds fewer than 256 bits: of hexadecimal digits it needs 64")
    } else {
        None
    }
}

/// Hexadecimal digits alone, or in groups as in a UUID or a fingerprint.
fn is_short_hex(text: &str) -> bool {
    let digits: Vec<char> = text.chars().filter(|c| !matches!(c, '-' | ':' | ' ' | '_')).collect();
    digits.len() < FEWEST_HEX_DIGITS && digits.iter().all(char::is_ascii_hexdigit)
}

/// `aaaa…`, `changemechangeme…`: no random text repeats itself from beginning to end.
fn is_repetition(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 2)
        .any(|period| letters.iter().zip(letters.iter().skip(period)).all(|(one, other)| one == other))
}

#[cfg(test)]
mod tests {
    use super::{EXAMPLES, weakness};

    #[test]
    fn secrets_from_documentation_are_recognised() {
        for text in [
            "ваш_секретный_ключ_здесь",
            "secret",
            "Changeme",
            "your-secret-key",
            "your_secret_key_here",
            "your-super-secret-jwt-token-with-at-least-32-characters-long",
            "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "changemechangemechangemechangemechangeme",
        ] {
            assert_eq!(weakness(text), Some("is an example that everybody knows"), "{text}");
        }
    }

    #[test]
    fn a_long_random_secret_is_good_and_a_short_one_is_not() {
        for good in [
            "3f6c1d0be2a94758a0c4e19b7d52f86e90b1c7a4d6e8f2035b9ad41c7e60f3d8",
            "Zm9v-YmFyYmF6cXV4Y29ycmVjdGhvcnNl",
            "correct horse battery staple, twice over",
        ] {
            assert_eq!(weakness(good), None, "{good}");
        }
        assert_eq!(weakness("3f6c1d0be2a94758a0c4e19b7d52f86"), Some("is shorter than 32 characters"));
        assert_eq!(weakness("3f6c1d0be2a94758a0c4e19b7d52f86  "), Some("is shorter than 32 characters"));
    }

    #[test]
    fn cfg_1_hexadecimal_digits_are_counted_by_what_they_hold() {
        let short = Some("holds fewer than 256 bits: of hexadecimal digits it needs 64");
        for text in [
            "3f6c1d0be2a94758a0c4e19b7d52f86e",
            "3F6C1D0BE2A94758A0C4E19B7D52F86E90B1C7A4D6E8F2035B9AD41C7E60F3D",
            "3f6c1d0b-e2a9-4758-a0c4-e19b7d52f86e",
            "90571843620958173640918273645546372819",
            "3f:6c:1d:0b:e2:a9:47:58:a0:c4:e1:9b:7d:52:f8:6e:90:b1:c7:a4:d6:e8:f2",
        ] {
            assert_eq!(weakness(text), short, "{text}");
        }
    }

    #[test]
    fn the_examples_are_written_as_they_are_compared() {
        assert!(
            EXAMPLES
                .iter()
                .all(|text| { text.chars().all(|c| c.is_alphanumeric() && c.is_lowercase() == c.is_alphabetic()) })
        );
    }
}
