//! What programs are told, and those who write them.

use super::errors::{busy, wait};
use super::{Language, Text};
use crate::domain::AuthError;

pub const ACCOUNT_DELETED: Text = Text("The account is deleted.", "Учётная запись удалена.");
pub const UNKNOWN_FIELD: Text = Text(
    "There is no such field here, or it cannot be set. Leave it out.",
    "Такого поля здесь нет, или его нельзя задать. Уберите его.",
);
pub const REQUIRED: Text = Text("This is missing.", "Этого не хватает.");
pub const WANTS_TEXT: Text = Text("Give a text, or leave it out.", "Передайте строку или уберите это поле.");
pub const WANTS_FLAG: Text = Text("Give true or false.", "Передайте true или false.");
pub const ONE_PASSWORD: Text = Text(
    "Send the password once, as current_password or as password.",
    "Передайте пароль один раз: как current_password или как password.",
);
pub const WANTS_ONCE: Text = Text("Give this once.", "Передайте это один раз.");
pub const WANTS_ORDER: Text = Text(
    "Give username, email or created_at; a - in front turns the order around, as in -created_at.",
    "Передайте username, email или created_at; знак - впереди меняет порядок на обратный: -created_at.",
);
pub const WANTS_PAGE_SIZE: Text = Text("Give a whole number from 1 to 100.", "Передайте целое число от 1 до 100.");
pub const WANTS_ROLE: Text = Text(
    "Give a role's name: a-z, 0-9, - and _, a letter first, at most 32 characters.",
    "Передайте имя роли: a-z, 0-9, - и _, первой идёт буква, не более 32 символов.",
);
pub const WANTS_LIST: Text = Text("Give a list of texts.", "Передайте список строк.");

/// Greets who got through.
pub fn greeting(language: Language, username: &str) -> String {
    match language {
        Language::English => format!("Hello, {username}! This route is protected."),
        Language::Russian => format!("Здравствуйте, {username}! Этот маршрут защищён."),
    }
}

/// The `detail` of a refusal: what happened, and what to do.
#[expect(clippy::too_many_lines, reason = "a table: one sentence for each")]
pub fn detail(language: Language, error: &AuthError) -> String {
    let sentence = match error {
        AuthError::Invalid(_) => Text(
            "Some fields cannot be taken as they are. `errors` says which and why.",
            "Некоторые поля нельзя принять как есть. Какие и почему, сказано в `errors`.",
        ),
        AuthError::InvalidCredentials => Text(
            "Incorrect username, e-mail address or password.",
            "Неверное имя пользователя, адрес почты или пароль.",
        ),
        AuthError::Unauthenticated => Text(
            "Not authenticated. Send an access token: `Authorization: Bearer …`.",
            "Вход не выполнен. Передайте access-токен: `Authorization: Bearer …`.",
        ),
        AuthError::InactiveAccount => Text(
            "Inactive user. Ask whoever runs this service.",
            "Пользователь отключён. Обратитесь к тем, кто ведёт этот сервис.",
        ),
        AuthError::ExpiredToken => Text(
            "The access token has expired. Get a new one with the refresh token.",
            "Срок действия access-токена истёк. Получите новый с помощью refresh-токена.",
        ),
        AuthError::InvalidToken => {
            Text("The token is not valid. Sign in again.", "Токен недействителен. Войдите заново.")
        }
        AuthError::InvalidRefreshToken => Text(
            "The refresh token is not valid, or its session has ended. Sign in again.",
            "Refresh-токен недействителен, или его сеанс завершён. Войдите заново.",
        ),
        AuthError::WrongTokenKind => Text(
            "The token is of the wrong kind here. The access token opens routes, the refresh token goes to /refresh and /logout.",
            "Здесь нужен токен другого вида. Маршруты открывает access-токен, а refresh-токен передают в /refresh и /logout.",
        ),
        AuthError::SessionEnded => {
            Text("The session of this token has ended. Sign in again.", "Сеанс этого токена завершён. Войдите заново.")
        }
        AuthError::TokenInQuery => Text(
            "Addresses are logged. Send tokens and passwords in the body or the Authorization header, never in the address.",
            "Адреса попадают в журналы. Передавайте токены и пароли в теле или в заголовке Authorization, но не в адресе.",
        ),
        AuthError::ReauthenticationRequired => Text(
            "You signed in more than five minutes ago. Send current_password too, or sign in again.",
            "С входа прошло больше пяти минут. Передайте ещё и current_password или войдите заново.",
        ),
        AuthError::UnsupportedGrantType => Text(
            "Tokens are not given for this. Send `grant_type=password`, or leave it out; if that is refused, too, sign in at /login.",
            "Для такого grant_type токены не выдаются. Передайте `grant_type=password` или уберите его; если и это отклонено, войдите через /login.",
        ),
        AuthError::UnauthorizedClient => Text(
            "Clients are not known here. Leave client_id and client_secret out.",
            "Клиентов здесь не знают. Уберите client_id и client_secret.",
        ),
        AuthError::InvalidCursor => Text(
            "The cursor is not one of this list. Take next_cursor of the last page as it is, with the same sort and filters.",
            "Этот курсор не от этого списка. Возьмите next_cursor последней страницы как есть, с той же сортировкой и фильтрами.",
        ),
        AuthError::Forbidden => Text("Only administrators may do this.", "Это могут только администраторы."),
        AuthError::LastAdmin => Text(
            "This is the last active administrator. Make somebody else one first.",
            "Это последний действующий администратор. Сначала назначьте другого.",
        ),
        AuthError::LinkExpired => Text("The link does not work any more.", "Ссылка больше не действует."),
        AuthError::SignUpClosed => Text(
            "Registration is closed. Ask whoever runs this service.",
            "Регистрация закрыта. Обратитесь к тем, кто ведёт этот сервис.",
        ),
        AuthError::CrossSite => Text(
            "A script of another site asked, which is not allowed here. Whoever runs this service can name that site in LATCHKEY_CORS_ORIGINS.",
            "Запрос пришёл от скрипта другого сайта, а это здесь не разрешено. Те, кто ведёт сервис, могут назвать тот сайт в LATCHKEY_CORS_ORIGINS.",
        ),
        AuthError::Unencrypted => Text(
            "The connection is not encrypted. Use the https address.",
            "Соединение не зашифровано. Обращайтесь по адресу https.",
        ),
        AuthError::NotFound => Text("Not found.", "Не найдено."),
        AuthError::MethodNotAllowed => Text(
            "Method not allowed. The Allow header names those that are.",
            "Этот метод не разрешён. Разрешённые названы в заголовке Allow.",
        ),
        AuthError::Malformed => Text(
            "The request cannot be read. Send one JSON object or one form in UTF-8, each field once.",
            "Запрос не читается. Передайте один объект JSON или одну форму в UTF-8, каждое поле по одному разу.",
        ),
        AuthError::TooLarge => {
            Text("The body has more than 16 KiB. Send less.", "В теле больше 16 КиБ. Передайте меньше.")
        }
        AuthError::UnsupportedMediaType => Text(
            "Send the body as `Content-Type: application/json`; /token, /refresh and /logout also take a form.",
            "Передайте тело как `Content-Type: application/json`; /token, /refresh и /logout принимают и форму.",
        ),
        AuthError::Busy { retry_after_seconds } => return busy(language, *retry_after_seconds),
        AuthError::TooManyAttempts { retry_after_seconds } => {
            let wait = wait(language, *retry_after_seconds);
            return match language {
                Language::English => format!(
                    "Too many attempts. Try again {wait}; until then nothing is looked at, not even a right password."
                ),
                Language::Russian => format!(
                    "Слишком много попыток. Попробуйте {wait}; до тех пор не проверяется ничего, даже верный пароль."
                ),
            };
        }
        AuthError::Unavailable => Text(
            "This does not work at the moment. Try again in a minute.",
            "Сейчас это не работает. Попробуйте через минуту.",
        ),
        AuthError::Offline => Text("The server could not be reached.", "Сервер недоступен."),
        AuthError::Internal => Text(
            "Something went wrong on our side. Try again in a moment.",
            "У нас что-то пошло не так. Попробуйте через минуту.",
        ),
    };
    sentence.say(language).to_owned()
}
