//! Passwords that guessers try first (PWD-3). The lists are those of `zxcvbn`, inside the binary; nothing is looked up outside.

/// A password that falls to fewer tries than this counts as common.
///
/// A million guesses is what a patient attacker gets against a throttled sign-in (NIST SP 800-63B-4 §3.2.2, 100 a try
/// window), and lies above the rank of every entry in the lists.
const GUESSES: u64 = 1_000_000;

/// Whether `password` is on the lists, or made of `context` (product name, the account's own e-mail and names).
pub fn is_common(password: &str, context: &[&str]) -> bool {
    zxcvbn::zxcvbn(password, context).guesses() < GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pwd_3_common_and_personal_words_are_told_from_others() {
        for password in ["password123", "password", "qwertyuiop", "aaaaaaaa", "12345678", "P@ssw0rd", "iloveyou1"] {
            assert!(is_common(password, &[]), "{password}");
        }
        assert!(is_common("ludmila-k", &["ludmila-k"]));
        assert!(is_common("latchkey1", &["latchkey"]));
        for password in ["correct horse battery staple", "tuvok-7-anvil", "пряник дождь якорь"] {
            assert!(!is_common(password, &["latchkey"]), "{password}");
        }
    }
}
