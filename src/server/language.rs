//! In which language a request is answered: the one that its visitor chose here, else the first that their browser asks for and that
//! there is, else the operator's. Programs have no cookies and may ask by `Accept-Language`, too (RFC 9110 §12.5.4).

use axum::http::{HeaderMap, header};

use super::cookies::{Cookies, Name};
use crate::domain::Language;
use crate::domain::text::Text;

tokio::task_local! {
    static LANGUAGE: Language;
}

/// The language of the request that is being answered.
pub fn current() -> Language {
    LANGUAGE.try_with(|language| *language).unwrap_or_default()
}

/// What the text says in it.
pub fn say(text: Text) -> &'static str {
    text.say(current())
}

/// Answers in that language.
pub async fn answering<T>(language: Language, answer: impl Future<Output = T>) -> T {
    LANGUAGE.scope(language, answer).await
}

/// The language of a request with these headers. `cookies` only where cookies count.
pub fn of(headers: &HeaderMap, cookies: Option<Cookies>, operators: Language) -> Language {
    let chosen = cookies.and_then(|cookies| Language::parse(&cookies.read(headers, Name::Language)?));
    chosen.or_else(|| accepted(headers, operators)).unwrap_or(operators)
}

/// The language with the greatest weight, which is that of its own range, or that of `*` when it has none; of two alike the one that is
/// named first, and behind `*` the operator's. None when each is excluded.
fn accepted(headers: &HeaderMap, operators: Language) -> Option<Language> {
    let lists = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(&str, f32)> = lists.flat_map(|list| list.split(',')).filter_map(range).collect();
    let others = Language::ALL.into_iter().filter(|language| *language != operators);
    let weighed = std::iter::once(operators).chain(others).filter_map(|language| {
        let place = |tag: &str| ranges.iter().position(|(range, _)| range.eq_ignore_ascii_case(tag));
        let place = place(language.tag()).or_else(|| place("*"))?;
        let (_, weight) = ranges.get(place)?;
        (*weight > 0.0).then_some((language, *weight, place))
    });
    let first = weighed.reduce(|best, other| {
        let is_better = other.1 > best.1 || (other.1 >= best.1 && other.2 < best.2);
        if is_better { other } else { best }
    });
    first.map(|(language, ..)| language)
}

/// A language with its weight. `ru-RU` is Russian.
fn range(wish: &str) -> Option<(&str, f32)> {
    let mut parts = wish.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = weight.map_or(Ok(1.0), str::parse::<f32>).ok()?;
    (0.0..=1.0).contains(&weight).then_some((tag, weight))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_visitor_is_answered_in_the_language_that_they_ask_for() {
        let (english, russian) = (Language::English, Language::Russian);
        for (accept, cookie, operators, expected) in [
            ("", "", english, english),
            ("", "", russian, russian),
            ("ru", "", english, russian),
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "", english, russian),
            ("RU", "", english, russian),
            ("en-GB, ru;q=0.9", "", russian, english),
            ("de, fr;q=0.9", "", russian, russian),
            ("de, ru;q=0.1", "", english, russian),
            ("ru;q=0.3, en;q=0.7", "", russian, english),
            ("ru;q=0, en;q=0.1", "", russian, english),
            ("ru;q=2, en;q=0.1", "", russian, english),
            ("ru;q=x", "", english, english),
            ("*", "", russian, russian),
            ("en;q=0.5, *", "", russian, russian),
            ("en;q=0, *", "", english, russian),
            ("en;q=0.1, *", "", english, russian),
            ("*, ru;q=0.5", "", english, english),
            ("ru;q=0", "", russian, russian),
            ("ru", "en", russian, english),
            ("en", "ru", english, russian),
            ("ru", "xx", english, russian),
        ] {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accept).unwrap());
            }
            if !cookie.is_empty() {
                let cookie = format!("latchkey-language={cookie}");
                headers.insert(header::COOKIE, HeaderValue::from_str(&cookie).unwrap());
            }
            assert_eq!(of(&headers, Some(Cookies::new(false)), operators), expected, "{accept} {cookie}");
        }
    }

    #[test]
    fn a_program_is_not_asked_for_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("latchkey-language=ru"));
        assert_eq!(of(&headers, None, Language::English), Language::English);
    }

    #[tokio::test]
    async fn outside_of_a_request_it_is_english() {
        assert_eq!(current(), Language::English);
        assert_eq!(answering(Language::Russian, async { current() }).await, Language::Russian);
    }
}
