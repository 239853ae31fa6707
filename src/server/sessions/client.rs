//! What a client calls itself, in words for its owner to recognise it by. A guess and nothing more: a client may say what it
//! likes, so that nothing is decided by it.
//!
//! The libraries for this carry tables of expressions that are larger than all of our server; to tell one's own phone from
//! one's own laptop, the handful of names below does, since browsers no longer say more of themselves.

use crate::domain::{ClientName, is_hidden};

/// Marks of browsers, the more special before the more general: nearly all call themselves Chrome and Safari, too.
const BROWSERS: [(&str, &str); 14] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Marks of systems, in the same order.
const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

/// The longest name of a program that is shown.
const MAX: usize = 40;

/// Reads a `User-Agent` header.
pub fn client_name(agent: Option<&str>) -> ClientName {
    let Some(agent) = agent else { return ClientName::default() };
    let find =
        |marks: &[(&str, &'static str)]| marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    if !agent.starts_with("Mozilla/") {
        return ClientName { program: first_word(agent), system: find(&SYSTEMS) };
    }
    ClientName { program: find(&BROWSERS).map(str::to_owned), system: find(&SYSTEMS) }
}

/// `curl` of `curl/8.5.0`: what programs call themselves when they are no browsers.
fn first_word(agent: &str) -> Option<String> {
    let word = agent.split(['/', ' ', '(', ';']).next()?;
    let is_name =
        word.chars().count() <= MAX && word.chars().any(char::is_alphanumeric) && !word.chars().any(is_hidden);
    is_name.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::client_name;

    fn name(agent: &str) -> (String, &'static str) {
        let name = client_name(Some(agent));
        (name.program.unwrap_or_default(), name.system.unwrap_or_default())
    }

    #[test]
    fn ses_4_a_person_recognises_their_devices() {
        for (agent, program, system) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox", "Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome",
                "Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari",
                "macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari",
                "iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome",
                "iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet",
                "Android",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome",
                "ChromeOS",
            ),
            ("Mozilla/5.0 (Something; else)", "", ""),
            ("curl/8.5.0", "curl", ""),
            ("python-requests/2.32.3", "python-requests", ""),
            ("My App (Linux)", "My", "Linux"),
            ("", "", ""),
            ("/", "", ""),
            (&"x".repeat(41), "", ""),
            ("evil\u{202e}name", "", ""),
        ] {
            assert_eq!(name(agent), (program.to_owned(), system), "{agent}");
        }
        assert_eq!(client_name(None), Default::default());
    }
}
