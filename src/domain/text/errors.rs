//! What was refused, and what to do.

use super::counted::{CHARACTERS, MINUTES, SECONDS, counted};
use super::{Language, Text};
use crate::domain::{AuthError, Field, Problem};

/// The sentence for a refused field.
pub fn problem(language: Language, field: Field, problem: Problem) -> String {
    let sentence = match (problem, field) {
        (Problem::Required, field) => required(field),
        (Problem::Invalid, Field::Email) => {
            Text("Enter an e-mail address like name@example.com.", "Введите адрес вида name@example.com.")
        }
        (Problem::Characters, Field::Email) => {
            Text("Leave out invisible characters in the e-mail address.", "Уберите из адреса невидимые символы.")
        }
        (Problem::Characters, Field::Username) => {
            Text("Use only letters, digits, - and _.", "Используйте только буквы, цифры, - и _.")
        }
        (Problem::Invalid, Field::Username) => {
            Text("Begin with a letter, a digit or _, not with -.", "Начните с буквы, цифры или _, а не с -.")
        }
        (Problem::Invalid | Problem::Characters, _) => Text(
            "This has characters that cannot be used here. Type it again.",
            "Здесь есть символы, которые нельзя использовать. Введите заново.",
        ),
        (Problem::Taken, Field::Email) => Text(
            "There is an account with that e-mail address already. Sign in, or use another.",
            "Учётная запись с таким адресом уже есть. Войдите или укажите другой.",
        ),
        (Problem::Taken, Field::Username) => {
            Text("That username is taken. Try another.", "Это имя пользователя занято. Попробуйте другое.")
        }
        (Problem::Taken, _) => Text("That is taken. Try another.", "Это занято. Попробуйте другое."),
        (Problem::Common, _) => Text(
            "Guessers try passwords like this one first. Choose another.",
            "Такие пароли пробуют первыми. Выберите другой.",
        ),
        (Problem::Wrong, Field::Password | Field::CurrentPassword | Field::NewPassword) => {
            Text("That is not your current password. Try again.", "Это не ваш текущий пароль. Попробуйте ещё раз.")
        }
        (Problem::Wrong, _) => Text("That is not right. Try again.", "Это неверно. Попробуйте ещё раз."),
        (Problem::Unknown, Field::Roles) => {
            Text("Name only roles that are defined here.", "Называйте только роли, которые здесь заданы.")
        }
        (Problem::Unknown, _) => {
            Text("Leave this out: it is not known here.", "Уберите это: такого значения здесь нет.")
        }
        (Problem::TooShort(least), _) => {
            let characters = counted(language, least, &CHARACTERS);
            return match language {
                Language::English => format!("Use at least {characters}."),
                Language::Russian => format!("Нужно не менее {characters}."),
            };
        }
        (Problem::TooLong(most), _) => {
            let characters = counted(language, most, &CHARACTERS);
            return match language {
                Language::English => format!("Use at most {characters}."),
                Language::Russian => format!("Нужно не более {characters}."),
            };
        }
    };
    sentence.say(language).to_owned()
}

const fn required(field: Field) -> Text {
    match field {
        Field::Email => Text("Enter your e-mail address.", "Введите адрес электронной почты."),
        Field::Username => Text("Enter your username.", "Введите имя пользователя."),
        Field::Password => Text("Enter your password.", "Введите пароль."),
        Field::CurrentPassword => Text("Enter your current password.", "Введите текущий пароль."),
        Field::NewPassword => Text("Enter a new password.", "Введите новый пароль."),
        Field::FirstName => Text("Enter your first name.", "Введите имя."),
        Field::LastName => Text("Enter your last name.", "Введите фамилию."),
        Field::Confirm | Field::Keep => Text("Tick this box to go on.", "Поставьте галочку, чтобы продолжить."),
        Field::Roles => Text("Name the roles.", "Назовите роли."),
        Field::Search => Text("Say what to search for.", "Укажите, что искать."),
    }
}

/// The sentence for a refused request: what happened, and what to do.
#[expect(clippy::too_many_lines, reason = "a table: one sentence for each")]
pub fn error(language: Language, error: &AuthError) -> String {
    let sentence = match error {
        AuthError::Invalid(_) => Text(
            "Something here cannot be taken as it is. Look it over and try again.",
            "Что-то здесь нельзя принять как есть. Проверьте и попробуйте ещё раз.",
        ),
        AuthError::InvalidCredentials => Text(
            "That username, e-mail address or password is not right. Try again.",
            "Имя пользователя, адрес почты или пароль неверны. Попробуйте ещё раз.",
        ),
        AuthError::Unauthenticated
        | AuthError::ExpiredToken
        | AuthError::InvalidToken
        | AuthError::InvalidRefreshToken
        | AuthError::WrongTokenKind
        | AuthError::SessionEnded
        | AuthError::ReauthenticationRequired => Text(
            "You are no longer signed in. Sign in, then try again.",
            "Вы больше не в системе. Войдите и попробуйте ещё раз.",
        ),
        AuthError::InactiveAccount => Text(
            "This account is switched off. Ask whoever runs this site for help.",
            "Эта учётная запись отключена. Обратитесь к тем, кто ведёт этот сайт.",
        ),
        AuthError::Forbidden => Text("Only an administrator may do this.", "Это может только администратор."),
        AuthError::LastAdmin => Text(
            "This is the last administrator. Make somebody else one first.",
            "Это последний администратор. Сначала назначьте другого.",
        ),
        AuthError::LinkExpired => Text(
            "This link does not work any more. Ask whoever gave it to you for a new one.",
            "Ссылка больше не действует. Попросите новую у того, кто её вам дал.",
        ),
        AuthError::SignUpClosed => {
            Text("New accounts are not being taken at the moment.", "Новые учётные записи сейчас не создаются.")
        }
        AuthError::CrossSite
        | AuthError::Malformed
        | AuthError::UnsupportedMediaType
        | AuthError::InvalidCursor
        | AuthError::TokenInQuery
        | AuthError::UnsupportedGrantType
        | AuthError::UnauthorizedClient => Text(
            "We could not read that. Reload the page and try again.",
            "Не удалось прочитать запрос. Обновите страницу и попробуйте ещё раз.",
        ),
        AuthError::Unencrypted => Text(
            "This connection is not encrypted. Use this site's https address.",
            "Соединение не зашифровано. Откройте этот сайт по адресу https.",
        ),
        AuthError::NotFound | AuthError::MethodNotAllowed => Text(
            "That cannot be done here. Reload the page and try again.",
            "Здесь это сделать нельзя. Обновите страницу и попробуйте ещё раз.",
        ),
        AuthError::TooLarge => Text(
            "That is more than we can take. Shorten it and try again.",
            "Это больше, чем мы можем принять. Сократите и попробуйте ещё раз.",
        ),
        AuthError::Busy { retry_after_seconds } => return busy(language, *retry_after_seconds),
        AuthError::TooManyAttempts { retry_after_seconds } => return too_many(language, *retry_after_seconds),
        AuthError::Unavailable => Text(
            "This does not work at the moment. Try again in a minute.",
            "Сейчас это не работает. Попробуйте через минуту.",
        ),
        AuthError::Offline => Text(
            "We could not reach the server. Check your connection and try again.",
            "Не удалось связаться с сервером. Проверьте подключение и попробуйте ещё раз.",
        ),
        AuthError::Internal => Text(
            "Something went wrong on our side. Try again in a moment.",
            "У нас что-то пошло не так. Попробуйте через минуту.",
        ),
    };
    sentence.say(language).to_owned()
}

pub(super) fn busy(language: Language, seconds: u16) -> String {
    let wait = wait(language, seconds);
    match language {
        Language::English => format!("Too much is going on at once. Try again {wait}."),
        Language::Russian => format!("Сейчас слишком много запросов. Попробуйте {wait}."),
    }
}

/// What to do in the meantime is for who has not guessed.
fn too_many(language: Language, seconds: u16) -> String {
    let wait = wait(language, seconds);
    match language {
        Language::English => format!(
            "That was a lot of tries, so let us pause. Try again {wait}. A device that you have signed in on before may still work, \
             and so does a link to set a new password."
        ),
        Language::Russian => format!(
            "Попыток было много, сделаем паузу. Попробуйте {wait}. С устройства, на котором вы уже входили, войти, возможно, \
             получится и сейчас; новый пароль можно задать и по ссылке."
        ),
    }
}

/// When to try again, in the unit people count in.
pub fn wait(language: Language, seconds: u16) -> String {
    let time = match seconds {
        0 | 1 => return Text("now", "сейчас").say(language).to_owned(),
        2..=90 => counted(language, seconds, &SECONDS),
        91..=3540 => counted(language, seconds.div_ceil(60), &MINUTES),
        _ => Text("an hour", "час").say(language).to_owned(),
    };
    match language {
        Language::English => format!("in {time}"),
        Language::Russian => format!("через {time}"),
    }
}
