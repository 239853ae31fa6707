//! Passwords that guessers try first (PWD-3). The lists are those of `zxcvbn`, inside the binary; nothing is looked up outside.

/// A password that falls to fewer tries than this counts as common.
///
/// A million guesses is what a patient attacker gets against a throttled sign-in (NIST SP 800-63B-4 §3.2.2, 100 a try
/// window), and lies above the rank of every entry in the lists.
const GUESSES: u64 = 1_000_000;

/// Only this many characters are judged: the work grows with the square of the length, and a password whose beginning
/// of this length is worth a million guesses is not common, whatever follows.
const JUDGED: usize = 32;

/// Whether `password` is on the lists, or made of `own_words` (the account's e-mail address and names) or our own name.
pub fn is_common(password: &str, own_words: &[String]) -> bool {
    let judged: String = password.chars().take(JUDGED).collect();
    let mut words: Vec<&str> = own_words.iter().flat_map(|word| word.split('@')).collect();
    words.extend(own_words.iter().map(String::as_str));
    words.push("latchkey");
    zxcvbn::zxcvbn(&judged, &words).guesses() < GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pwd_3_common_and_personal_words_are_told_from_others() {
        for password in ["password123", "password", "qwertyuiop", "aaaaaaaa", "12345678", "P@ssw0rd", "iloveyou1"] {
            assert!(is_common(password, &[]), "{password}");
        }
        assert!(is_common("ludmila-k", &["Ludmila-K".to_owned()]));
        assert!(is_common("latchkey1", &[]));
        for password in ["correct horse battery staple", "tuvok-7-anvil", "пряник дождь якорь"] {
            assert!(!is_common(password, &["anna@example.com".to_owned()]), "{password}");
        }
    }
}
