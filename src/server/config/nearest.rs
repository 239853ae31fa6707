//! "Did you mean": the known setting closest to a name that somebody wrote.

use super::settings::{SETTINGS, Setting};

/// The closest setting, or none when nothing is close. Spelling conventions do not count: `LATCHKEY_SECRET_KEY`,
/// `--secret_key` and `secret-key` are all `secret_key`.
pub(super) fn nearest(name: &str) -> Option<&'static Setting> {
    let name = plain(name);
    let away = |setting: &Setting| distance(&name, setting.key).min(distance(&name, &plain(setting.variable)));
    closest(&name, SETTINGS.iter().map(|setting| (away(setting), *setting)))
}

/// The closest of some words, each with what it stands for, or none when nothing is close.
pub(crate) fn nearest_word<T>(name: &str, words: impl IntoIterator<Item = (String, T)>) -> Option<T> {
    closest(name, words.into_iter().map(|(word, meaning)| (distance(name, &word), meaning)))
}

fn closest<T>(name: &str, candidates: impl Iterator<Item = (usize, T)>) -> Option<T> {
    // A third of the letters wrong is a typo; more is another word, and a wild guess misleads.
    let tolerated = (name.chars().count() / 3).max(1);
    let near = candidates.filter(|(distance, _)| *distance <= tolerated);
    near.min_by_key(|(distance, _)| *distance).map(|(_, meaning)| meaning)
}

fn plain(name: &str) -> String {
    let name = name.trim_start_matches('-').to_lowercase().replace(['-', '.'], "_");
    name.strip_prefix("latchkey_").map(str::to_owned).unwrap_or(name)
}

/// Levenshtein distance in characters. Names come from the environment and may be long, so both are cut.
fn distance(left: &str, right: &str) -> usize {
    const LONGEST: usize = 64;
    let right: Vec<char> = right.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (position, letter) in left.chars().take(LONGEST).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut before = position + 1;
        next.push(before);
        for ((diagonal, above), other) in row.iter().zip(row.iter().skip(1)).zip(&right) {
            before = (diagonal + usize::from(letter != *other)).min(above + 1).min(before + 1);
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("listen", "listen"), 0);
        assert_eq!(distance("lisen", "listen"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_typo_finds_its_setting_and_a_strange_word_finds_none() {
        let key = |name| nearest(name).map(|setting| setting.key);
        assert_eq!(key("LATCHKEY_LISEN"), Some("listen"));
        assert_eq!(key("LATCHKEY_SECRET_KEY"), Some("secret_key"));
        assert_eq!(key("--log_sqll"), Some("log_sql"));
        assert_eq!(key("access_token_expire_minute"), Some("access_token_expire_minutes"));
        assert_eq!(key("LATCHKEY_FAVOURITE_COLOUR"), None);
    }
}
