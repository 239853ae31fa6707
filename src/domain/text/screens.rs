//! What stands on the screens.

use super::counted::{CHARACTERS, counted};
use super::{Language, Text};
use crate::domain::{Field, Notice, Role};

/// What stands around every page.
pub mod frame {
    use super::{Language, Text};

    pub const SKIP: Text = Text("Skip to the content", "К основному содержимому");
    pub const ACCOUNT: Text = Text("Account", "Учётная запись");
    pub const SIGNED_IN_AS: Text = Text("Signed in as", "Вы вошли как");
    pub const SIGN_IN: Text = Text("Sign in", "Войти");
    pub const REGISTER: Text = Text("Create account", "Регистрация");
    pub const SIGN_OUT: Text = Text("Sign out", "Выйти");
    pub const SIGNING_OUT: Text = Text("Signing out…", "Выходим…");
    pub const LANGUAGE: Text = Text("Language", "Язык");
    pub const THEME: Text = Text("Colours", "Цвета");
    pub const THEME_SYSTEM: Text = Text("As the system", "Как в системе");
    pub const THEME_LIGHT: Text = Text("Light", "Светлые");
    pub const THEME_DARK: Text = Text("Dark", "Тёмные");
    pub const ABOUT: Text = Text("About this site", "О сайте");
    pub const ACCESSIBILITY: Text = Text("Accessibility", "Доступность");
    pub const TERMS: Text = Text("Terms", "Условия использования");
    pub const PRIVACY: Text = Text("Privacy", "Конфиденциальность");

    /// What search engines say of the site `name`.
    pub fn description(language: Language, name: &str) -> String {
        match language {
            Language::English => format!("Your account at {name}: sign in, register and look after it."),
            Language::Russian => format!("Ваша учётная запись {name}: вход, регистрация и настройки."),
        }
    }

    /// The way to the start page of the site `name`.
    pub fn home(language: Language, name: &str) -> String {
        match language {
            Language::English => format!("{name}, start page"),
            Language::Russian => format!("{name}, главная страница"),
        }
    }
}

/// What every form shares.
pub mod form {
    use super::{CHARACTERS, Field, Language, Text, counted};

    pub const OPTIONAL: Text = Text("(optional)", "(необязательно)");
    pub const SUMMARY: Text = Text("Please look at these again:", "Проверьте, пожалуйста:");
    pub const SLOW: Text = Text(
        "This is taking longer than usual. Please wait.",
        "Это занимает больше времени, чем обычно. Подождите, пожалуйста.",
    );
    pub const CAPS_LOCK: Text = Text("Caps Lock is on", "Включён Caps Lock");
    pub const OWN_NAME: Text = Text(
        "Leave out your own name: it is what guessers try first.",
        "Не используйте в пароле своё имя: его подбирают первым.",
    );
    pub const SIGN_IN_AGAIN: Text = Text("Go to the sign-in page", "Перейти на страницу входа");
    pub const EMAIL: Text = Text("E-mail address", "Адрес электронной почты");
    pub const USERNAME: Text = Text("Username", "Имя пользователя");
    pub const USERNAME_FREE: Text = Text("Nobody has this username yet.", "Это имя пользователя свободно.");
    pub const USERNAME_HINT: Text = Text("Letters, digits, - and _.", "Буквы, цифры, - и _.");
    pub const FIRST_NAME: Text = Text("First name", "Имя");
    pub const LAST_NAME: Text = Text("Last name", "Фамилия");
    pub const CURRENT_PASSWORD: Text = Text("Current password", "Текущий пароль");
    pub const SHOW_CURRENT_PASSWORD: Text = Text("Show current password", "Показать текущий пароль");
    pub const NEW_PASSWORD: Text = Text("New password", "Новый пароль");
    pub const SHOW_NEW_PASSWORD: Text = Text("Show new password", "Показать новый пароль");

    /// What a field is called where a list of problems names it.
    pub const fn label(field: Field) -> Text {
        match field {
            Field::Email => EMAIL,
            Field::Username => USERNAME,
            Field::FirstName => FIRST_NAME,
            Field::LastName => LAST_NAME,
            Field::CurrentPassword => CURRENT_PASSWORD,
            Field::NewPassword => NEW_PASSWORD,
            _ => super::registration::PASSWORD,
        }
    }

    /// What is said of a new password that is left with too few characters.
    pub fn too_short_yet(language: Language, min_length: u16) -> String {
        let characters = counted(language, min_length, &CHARACTERS);
        match language {
            Language::English => format!("This is still too short: it takes at least {characters}."),
            Language::Russian => format!("Пока слишком коротко: нужно не менее {characters}."),
        }
    }

    /// What a new password must be like.
    pub fn new_password_hint(language: Language, min_length: u16) -> String {
        let characters = counted(language, min_length, &CHARACTERS);
        match language {
            Language::English => format!("At least {characters}. A few unrelated words work well."),
            Language::Russian => {
                format!("Не менее {characters}. Хорошо подойдут несколько не связанных друг с другом слов.")
            }
        }
    }
}

pub mod sign_in {
    use super::Text;

    pub const TITLE: Text = Text("Sign in", "Вход");
    pub const USERNAME: Text = Text("Username or e-mail address", "Имя пользователя или адрес почты");
    pub const PASSWORD: Text = Text("Password", "Пароль");
    pub const SHOW_PASSWORD: Text = Text("Show password", "Показать пароль");
    pub const KEEP: Text = Text("Keep me signed in", "Не выходить из системы");
    pub const REMEMBER: Text =
        Text("Remember my username on this device", "Запомнить имя пользователя на этом устройстве");
    pub const SUBMIT: Text = Text("Sign in", "Войти");
    pub const PENDING: Text = Text("Signing in…", "Входим…");
    pub const NEW_HERE: Text = Text("New here?", "Впервые здесь?");
    pub const REGISTER: Text = Text("Create an account", "Создайте учётную запись");
}

pub mod registration {
    use super::Text;

    pub const TITLE: Text = Text("Create your account", "Регистрация");
    pub const PASSWORD: Text = Text("Password", "Пароль");
    pub const SHOW_PASSWORD: Text = Text("Show password", "Показать пароль");
    pub const SUBMIT: Text = Text("Create account", "Создать учётную запись");
    pub const PENDING: Text = Text("Creating your account…", "Создаём учётную запись…");
    pub const KNOWN_HERE: Text = Text("Already have an account?", "Уже есть учётная запись?");
    pub const SIGN_IN: Text = Text("Sign in", "Войдите");
    pub const CLOSED_TITLE: Text = Text("Registration is closed", "Регистрация закрыта");
    pub const CLOSED: Text = Text(
        "New accounts are not being taken at the moment. If you were expecting one, ask whoever runs this site.",
        "Новые учётные записи сейчас не создаются. Если вы её ждали, обратитесь к тем, кто ведёт этот сайт.",
    );
}

pub mod password_link {
    use super::Text;

    pub const TITLE: Text = Text("Set a new password", "Новый пароль");
    pub const ACCOUNT: Text = Text("For the account", "Для учётной записи");
    pub const SUBMIT: Text = Text("Set password", "Установить пароль");
    pub const PENDING: Text = Text("Setting your password…", "Устанавливаем пароль…");
    pub const EXPIRED_TITLE: Text = Text("This link does not work any more", "Ссылка больше не действует");
    pub const EXPIRED: Text = Text(
        "A link to set a password works once and for 30 minutes, and a newer one replaces it. Ask whoever gave it to you for a new one.",
        "Ссылка для установки пароля действует один раз и 30 минут, а новая отменяет прежнюю. Попросите новую у того, кто её вам дал.",
    );
    pub const KNOWN_AFTER_ALL: Text = Text("Know your password?", "Помните пароль?");
    pub const SIGN_IN: Text = Text("Sign in", "Войдите");
}

pub mod profile {
    use super::Text;

    pub const TITLE: Text = Text("Your profile", "Ваш профиль");
    pub const SIGNED_OUT: Text =
        Text("You are not signed in, so there is no profile to show.", "Вы не вошли, поэтому показать профиль нельзя.");

    pub const OVERVIEW: Text = Text("Account", "Учётная запись");
    pub const ID: Text = Text("Account number", "Номер учётной записи");
    pub const EMAIL: Text = Text("E-mail address", "Адрес электронной почты");
    pub const USERNAME: Text = Text("Username", "Имя пользователя");
    pub const NAME: Text = Text("Name", "Имя");
    pub const ROLES: Text = Text("Roles", "Роли");
    pub const CREATED: Text = Text("Created", "Создана");
    pub const LAST_LOGIN: Text = Text("Last sign-in", "Последний вход");
    pub const NOT_GIVEN: Text = Text("Not given", "Не указано");
    pub const NEVER: Text = Text("Never", "Ещё не было");

    pub const DETAILS: Text = Text("Details", "Данные");
    pub const DETAILS_LEAD: Text =
        Text("How you sign in and what you are called.", "Под каким именем вы входите и как вас зовут.");
    pub const DETAILS_SUBMIT: Text = Text("Save details", "Сохранить данные");
    pub const DETAILS_PENDING: Text = Text("Saving…", "Сохраняем…");

    pub const EMAIL_TITLE: Text = Text("E-mail address", "Адрес электронной почты");
    pub const EMAIL_LEAD: Text = Text(
        "You can sign in with it, too. Changing it takes your password.",
        "По нему тоже можно войти. Чтобы его изменить, нужен пароль.",
    );
    pub const EMAIL_SUBMIT: Text = Text("Change e-mail address", "Изменить адрес");
    pub const EMAIL_PENDING: Text = Text("Changing…", "Изменяем…");

    pub const PASSWORD_TITLE: Text = Text("Password", "Пароль");
    pub const PASSWORD_LEAD: Text =
        Text("Changing it signs you out everywhere else.", "После смены пароля вы останетесь в системе только здесь.");
    pub const PASSWORD_SUBMIT: Text = Text("Change password", "Сменить пароль");
    pub const PASSWORD_PENDING: Text = Text("Changing…", "Меняем…");

    pub const DELETION_TITLE: Text = Text("Delete account", "Удаление учётной записи");
    pub const DELETION_LEAD: Text = Text(
        "Your account and everything in it are removed at once. Nobody can bring them back, not even whoever runs this site.",
        "Учётная запись и всё, что в ней есть, удаляются сразу. Вернуть их не сможет никто, даже те, кто ведёт этот сайт.",
    );
    pub const DELETION_CONFIRM: Text =
        Text("I want my account to be deleted for good", "Я хочу навсегда удалить свою учётную запись");
    pub const DELETION_SUBMIT: Text = Text("Delete my account", "Удалить мою учётную запись");
    pub const DELETION_PENDING: Text = Text("Deleting your account…", "Удаляем учётную запись…");
}

pub mod not_found {
    use super::Text;

    pub const TITLE: Text = Text("Page not found", "Страница не найдена");
    pub const BODY: Text = Text(
        "There is nothing at this address. It may have been mistyped, or the page has moved.",
        "По этому адресу ничего нет. Возможно, в нём опечатка или страница переехала.",
    );
    pub const HOME: Text = Text("Go to the start page", "На главную страницу");
}

/// The page of last resort.
pub mod fault {
    use super::Text;

    pub const TITLE: Text = Text("Something went wrong", "Что-то пошло не так");
    pub const REQUEST: Text =
        Text("If you report this, please give this number:", "Если будете сообщать об этом, назовите этот номер:");
    pub const HOME: Text = Text("Go to the start page", "На главную страницу");
}

/// The pages about the API, which is described in English.
pub mod docs {
    pub const TRY: &str = "Try the API";
    pub const READ: &str = "API reference";
    pub const FILE: &str = "openapi.json";
    pub const NOTE: &str = "This page needs JavaScript, and a moment to load. All that it shows is also in one file:";
}

/// The title of a page of the site `name` in the browser's tab.
pub fn page_title(language: Language, title: &str, name: &str, is_refused: bool) -> String {
    let warning = if is_refused { title_warning(language) } else { "" };
    format!("{warning}{title} · {name}")
}

/// What the title begins with after a refusal.
pub const fn title_warning(language: Language) -> &'static str {
    Text("Error: ", "Ошибка: ").say(language)
}

/// What a role is called; those of the operator by their names.
pub fn role(language: Language, role: &Role) -> &str {
    match role.as_str() {
        "admin" => Text("Administrator", "Администратор").say(language),
        "user" => Text("User", "Пользователь").say(language),
        name => name,
    }
}

/// What has just worked.
pub const fn notice(notice: Notice) -> Text {
    match notice {
        Notice::Welcome => Text("Welcome! Your account is ready.", "Добро пожаловать! Ваша учётная запись готова."),
        Notice::ProfileSaved => Text("Your details are saved.", "Данные сохранены."),
        Notice::EmailSaved => Text("Your e-mail address is changed.", "Адрес электронной почты изменён."),
        Notice::PasswordChanged => Text(
            "Your password is changed. You are signed out everywhere but here.",
            "Пароль изменён. Теперь вы в системе только здесь.",
        ),
        Notice::PasswordSet => Text("Your password is set. Sign in with it.", "Пароль установлен. Войдите с ним."),
        Notice::SignedOut => Text("You are signed out.", "Вы вышли из системы."),
        Notice::SessionEnded => Text("It is signed out.", "Сеанс завершён."),
        Notice::OtherSessionsEnded => {
            Text("You are signed out everywhere but here.", "Теперь вы в системе только здесь.")
        }
        Notice::AccountDeleted => Text(
            "Your account is deleted. Thank you for having been here.",
            "Ваша учётная запись удалена. Спасибо, что были с нами.",
        ),
    }
}

/// The months, as they stand in a date.
pub const MONTHS: [Text; 12] = [
    Text("January", "января"),
    Text("February", "февраля"),
    Text("March", "марта"),
    Text("April", "апреля"),
    Text("May", "мая"),
    Text("June", "июня"),
    Text("July", "июля"),
    Text("August", "августа"),
    Text("September", "сентября"),
    Text("October", "октября"),
    Text("November", "ноября"),
    Text("December", "декабря"),
];
