//! Where somebody is signed in.

use super::{Language, Text};
use crate::domain::{ClientName, EndReason};

pub const TITLE: Text = Text("Where you are signed in", "Где выполнен вход");
pub const LEAD: Text = Text(
    "If you do not know one of these, sign it out and change your password.",
    "Если что-то здесь вам незнакомо, завершите этот вход и смените пароль.",
);
pub const SIGNED_OUT: Text =
    Text("You are not signed in, so there are no sessions to show.", "Вы не вошли, поэтому показать сеансы нельзя.");
pub const OTHERS: Text = Text("Sign out everywhere else", "Завершить все остальные сеансы");
pub const ONLY_HERE: Text = Text("You are signed in nowhere else.", "Больше нигде вход не выполнен.");
pub const END: Text = Text("Sign out", "Завершить сеанс");
pub const THIS_ONE: Text = Text("This is where you are now", "Вы здесь");
pub const KEPT: Text = Text("Stays signed in", "Вход сохраняется");
pub const FOR_PROGRAMS: Text = Text("Access for a program", "Доступ для программы");
pub const ADDRESS: Text = Text("Address", "Адрес");
pub const UNKNOWN: Text = Text("Unknown", "Неизвестен");
pub const SIGNED_IN: Text = Text("Signed in", "Вход");
pub const LAST_SEEN: Text = Text("Last seen", "Последняя активность");
pub const ENDED: Text = Text("Ended", "Завершён");
pub const WHY: Text = Text("Why", "Причина");
pub const GONE_TITLE: Text = Text("No longer signed in", "Завершённые сеансы");
pub const GONE_LEAD: Text =
    Text("What became of the others in the last 30 days.", "Что стало с остальными за последние 30 дней.");
pub const LINK_TITLE: Text = Text("Sessions", "Сеансы");
pub const LINK_LEAD: Text = Text(
    "Every browser and program that is signed in to your account, and a way to sign it out.",
    "Все браузеры и программы, в которых открыта ваша учётная запись, и возможность выйти из них.",
);
pub const LINK: Text = Text("See where you are signed in", "Посмотреть, где выполнен вход");
pub const CHANGE_PASSWORD: Text = Text("Change your password", "Сменить пароль");

/// A client in words.
pub fn client(language: Language, name: &ClientName) -> String {
    match (name.program.as_deref(), name.system, language) {
        (Some(program), Some(system), Language::English) => format!("{program} on {system}"),
        (Some(program), Some(system), Language::Russian) => format!("{program}, {system}"),
        (Some(program), None, _) => program.to_owned(),
        (None, Some(system), Language::English) => format!("Something on {system}"),
        (None, Some(system), Language::Russian) => format!("Неизвестная программа, {system}"),
        (None, None, Language::English) => "Unknown device".to_owned(),
        (None, None, Language::Russian) => "Неизвестное устройство".to_owned(),
    }
}

/// Tells the buttons of a list apart, for who hears them.
pub fn end_which(language: Language, client: &str, signed_in: &str) -> String {
    let end = END.say(language);
    match language {
        Language::English => format!("{end}: {client}, signed in {signed_in}"),
        Language::Russian => format!("{end}: {client}, вход {signed_in}"),
    }
}

/// Why a session ended.
pub const fn reason(reason: EndReason) -> Text {
    match reason {
        EndReason::SignedOut => Text("You signed out there.", "Вы вышли там сами."),
        EndReason::Replaced => Text("You signed in again there.", "Вы вошли там заново."),
        EndReason::EndedElsewhere => {
            Text("You signed it out from somewhere else.", "Вы завершили его из другого места.")
        }
        EndReason::PasswordChanged => Text("Your password was changed.", "Ваш пароль был изменён."),
        EndReason::PasswordLink => Text("Your password was set by a link.", "Пароль был установлен по ссылке."),
        EndReason::Crowded => Text("There were too many newer ones.", "Новых сеансов стало слишком много."),
        EndReason::Reuse => Text(
            "Somebody used an old key of it. It may have been copied.",
            "Кто-то использовал его старый ключ. Возможно, ключ был скопирован.",
        ),
        EndReason::Disabled => Text("Your account was switched off.", "Ваша учётная запись была отключена."),
        EndReason::RoleRevoked => Text("Your account lost a role.", "Ваша учётная запись лишилась роли."),
        EndReason::RoleGranted => Text("Your account became an administrator's.", "Вы стали администратором."),
        EndReason::EndedByAdmin => {
            Text("Whoever runs this site signed it out.", "Его завершили те, кто ведёт этот сайт.")
        }
        EndReason::Idle => Text("It was not used for too long.", "Им слишком долго не пользовались."),
        EndReason::TooOld => Text("It was time to sign in again.", "Пришло время войти заново."),
    }
}
