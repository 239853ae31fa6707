//! E-mail addresses and usernames: parsed once, kept with the canonical form that decides who has them.

use caseless::Caseless as _;
use email_address::{EmailAddress as Syntax, Options};
use unicode_normalization::UnicodeNormalization as _;

use super::form::Problem;

/// An e-mail address: what its owner typed, and the form under which it is unique.
///
/// The canonical form is trimmed and folded (NFKC, full case folding), its domain in ASCII (IDNA, UTS #46). The part before
/// the `@` is folded too: no provider of note tells `Bob@` from `bob@`, and people do not type it the same twice (REG-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    shown: String,
    canonical: String,
}

impl EmailAddress {
    /// The most characters of an address (RFC 5321 §4.5.3.1.3, less the brackets).
    pub const MAX: u16 = 254;

    /// Parses one address.
    ///
    /// # Errors
    /// [`Problem::Required`], [`Problem::TooLong`], [`Problem::Characters`] or [`Problem::Invalid`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let shown: String = text.trim().nfc().collect();
        if shown.is_empty() {
            return Err(Problem::Required);
        }
        if shown.len() > usize::from(Self::MAX) {
            return Err(Problem::TooLong(Self::MAX));
        }
        if shown.chars().any(is_hidden) {
            return Err(Problem::Characters);
        }
        let (local, domain) = shown.rsplit_once('@').ok_or(Problem::Invalid)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| Problem::Invalid)?;
        let local = fold(local);
        let has_name = domain.rsplit('.').next().is_some_and(|label| label.bytes().any(|b| !b.is_ascii_digit()));
        if !has_name {
            return Err(Problem::Invalid);
        }
        let canonical = format!("{local}@{domain}");
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        let quoted = local.starts_with('"');
        if quoted || Syntax::parse_with_options(&canonical, options).is_err() {
            return Err(Problem::Invalid);
        }
        if canonical.len() > usize::from(Self::MAX) {
            return Err(Problem::TooLong(Self::MAX));
        }
        Ok(Self { shown, canonical })
    }

    /// As its owner typed it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form under which it is unique.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// A username: 1 to 64 letters, digits, `_` and `-` of any script, so never an `@`. Letters in costume (full-width, bold and
/// other compatibility forms) and letters that do not show are refused: they would make look-alikes (API-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    shown: String,
    canonical: String,
}

impl Username {
    /// The most characters of a username.
    pub const MAX: u16 = 64;

    /// Parses a username for an account. None begins with `-`: on a command line it would be a flag, and
    /// `user sign-out --all` must not depend on who has registered.
    ///
    /// # Errors
    /// [`Problem::Required`], [`Problem::TooLong`], [`Problem::Characters`], or [`Problem::Invalid`] for a `-` in front.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let username = Self::parse_known(text)?;
        if username.shown.starts_with('-') { Err(Problem::Invalid) } else { Ok(username) }
    }

    /// Parses a username by which an account may be known already.
    fn parse_known(text: &str) -> Result<Self, Problem> {
        let shown: String = text.trim().nfc().collect();
        if shown.is_empty() {
            return Err(Problem::Required);
        }
        if shown.chars().count() > usize::from(Self::MAX) {
            return Err(Problem::TooLong(Self::MAX));
        }
        let plain = shown.chars().all(|c| (c.is_alphanumeric() || c == '_' || c == '-') && !is_hidden(c));
        // Thai and Lao SARA AM are compatibility forms in name only: everybody types them.
        let compared = |c: &char| !matches!(*c, '\u{e33}' | '\u{eb3}');
        if !plain || !shown.chars().filter(compared).nfkc().eq(shown.chars().filter(compared)) {
            return Err(Problem::Characters);
        }
        let canonical = fold(&shown);
        Ok(Self { shown, canonical })
    }

    /// As its owner typed it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form under which it is unique.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

/// What somebody typed to say who they are: either of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// It has an `@`.
    Email(EmailAddress),
    /// It has none.
    Username(Username),
}

impl Login {
    /// Parses what was typed; whatever is neither belongs to no account.
    ///
    /// # Errors
    /// That of the kind it looks like.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text.contains('@') {
            EmailAddress::parse(text).map(Self::Email)
        } else {
            Username::parse_known(text).map(Self::Username)
        }
    }
}

/// What the canonical form of a username or of an address begins with when it begins like this.
pub fn canonical_prefix(text: &str) -> String {
    fold(text.trim())
}

/// The form under which two spellings are the same: compatibility-composed, case-folded, composed again.
fn fold(text: &str) -> String {
    text.nfkc().default_case_fold().nfkc().collect()
}

/// Characters that change how the text around them looks, or do not show: control, zero-width, direction, filler,
/// variation and tag characters (Unicode's Default_Ignorable_Code_Point, and the empty Braille pattern).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical_email(text: &str) -> Result<String, Problem> {
        EmailAddress::parse(text).map(|e| e.canonical().to_owned())
    }

    #[test]
    fn reg_1_one_address_has_one_canonical_form() {
        for text in ["bob@x.io", "Bob@x.io", "bob@X.IO", " bob@x.io "] {
            assert_eq!(canonical_email(text), Ok("bob@x.io".to_owned()), "{text:?}");
        }
        assert_eq!(canonical_email("jos\u{e9}@x.io"), canonical_email("jose\u{301}@x.io"));
        assert_eq!(canonical_email("a@bücher.example"), Ok("a@xn--bcher-kva.example".to_owned()));
        assert_eq!(canonical_email("a@xn--bcher-kva.example"), Ok("a@xn--bcher-kva.example".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@x.io", "a".repeat(260));
        for (text, problem) in [
            ("", Problem::Required),
            ("  ", Problem::Required),
            ("bob", Problem::Invalid),
            ("@x.io", Problem::Invalid),
            ("bob@", Problem::Invalid),
            ("bob@localhost", Problem::Invalid),
            ("bob@@x.io", Problem::Invalid),
            ("bo b@x.io", Problem::Invalid),
            ("Bob <bob@x.io>", Problem::Invalid),
            ("\"bob\"@x.io", Problem::Invalid),
            ("bob@[127.0.0.1]", Problem::Invalid),
            ("a@x.io,b@x.io", Problem::Invalid),
            ("bob@x..io", Problem::Invalid),
            ("bob@-x.io", Problem::Invalid),
            ("bob\r\n@x.io", Problem::Characters),
            ("bob\0@x.io", Problem::Characters),
            ("b\u{200b}ob@x.io", Problem::Characters),
            ("b\u{3164}ob@x.io", Problem::Characters),
            ("bob@127.0.0.1", Problem::Invalid),
            (long.as_str(), Problem::TooLong(254)),
        ] {
            assert_eq!(canonical_email(text), Err(problem), "{text:?}");
        }
    }

    #[test]
    fn a_username_is_letters_digits_dash_and_underscore_of_any_script() {
        for text in ["--help", "--all", "-", " -bob"] {
            assert_eq!(Username::parse(text), Err(Problem::Invalid), "{text:?}");
            assert!(Login::parse(text).is_ok(), "an account may have it: {text:?}");
        }
        for text in ["bob", "Боб-2_x", "李", "9", "_-", "b--", "jose\u{301}", "น\u{e33}"] {
            assert!(Username::parse(text).is_ok(), "{text:?}");
        }
        for text in [
            "a b",
            "a@b",
            "a.b",
            "a/b",
            "a\u{200b}b",
            "<b>",
            "a\0",
            "\u{3164}",
            "admin\u{115f}",
            "ａｄｍｉｎ",
            "𝐚𝐝𝐦𝐢𝐧",
            "\u{b5}",
        ] {
            assert_eq!(Username::parse(text), Err(Problem::Characters), "{text:?}");
        }
        assert_eq!(Username::parse(""), Err(Problem::Required));
        assert_eq!(Username::parse(&"я".repeat(65)), Err(Problem::TooLong(64)));
        let canonical = |text| Username::parse(text).map(|u| u.canonical().to_owned());
        assert_eq!(canonical("БОБ"), canonical("боб"));
        assert_eq!(canonical("Jose\u{301}"), canonical("jos\u{e9}"));
        assert_eq!(canonical("ΑΣ"), canonical("ας"));
        assert_eq!(canonical("STRASSE"), canonical("straße"));
    }
}
