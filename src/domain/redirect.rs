//! Where a redirect may go: to our own paths and nowhere else.

use crate::paths;

/// A path on this origin, checked: `/x`, never `//x`, `/\x`, a scheme, or anything with a control character (WEB-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafePath(String);

impl SafePath {
    const MAX: usize = 512;

    /// Takes a path somebody else chose; `None` when it could leave this origin.
    ///
    /// Browsers drop tabs and line breaks and read `\` as `/`, so that only plain visible ASCII is let through.
    pub fn parse(path: &str) -> Option<Self> {
        let mut bytes = path.bytes();
        let rooted = bytes.next() == Some(b'/');
        let foreign = matches!(bytes.next(), Some(b'/' | b'\\'));
        let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        (rooted && !foreign && plain && path.len() <= Self::MAX).then(|| Self(path.to_owned()))
    }

    /// A path to go to after signing in: [`parse`](Self::parse), less what is no page.
    pub fn parse_next(path: &str) -> Option<Self> {
        let is_page = !path.starts_with(paths::SIGN_OUT) && !path.starts_with(paths::rpc::PREFIX);
        Self::parse(path).filter(|_| is_page)
    }

    /// One of the paths of [`paths`](crate::paths).
    pub fn own(path: &'static str) -> Self {
        Self(path.to_owned())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_5_only_own_paths_pass() {
        for path in ["/", "/profile", "/profile?form=email", "/a//b", "/a#b", "/%2F%2Fe"] {
            assert!(SafePath::parse(path).is_some(), "{path:?}");
        }
        for path in [
            "",
            "profile",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https:evil.example",
            "https://evil.example",
            "JaVaScRiPt:alert(1)",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\r\nSet-Cookie: a=b",
            " /profile",
            "/pro file",
            "/\u{0}",
            "/пр",
            "\t//e",
            "?next=/",
            "#x",
            "./x",
        ] {
            assert!(SafePath::parse(path).is_none(), "{path:?}");
        }
        assert!(SafePath::parse(&format!("/{}", "a".repeat(600))).is_none());
    }
}
