//! The table.

use axum::http::StatusCode;
use latchkey::domain::{AuthError, Field, FieldErrors, Problem};

use crate::support::{Browser, Door, TestApp, Verdict};

const PASSWORD: &str = "canary-Anna-Kx7-pw";
const OTHER_PASSWORD: &str = "canary-Other-Qz3-pw";

/// Somebody is registered as `anna`, somebody else as `boris`; the case's browser is anna's, or nobody's. For the form that
/// takes a password link it has followed one of anna's.
struct Case {
    name: &'static str,
    signed_in: bool,
    form: &'static str,
    fields: Vec<(&'static str, String)>,
    verdict: Verdict,
    /// Of the refusal; an acceptance is 303 at the form and 200 at the server function.
    status: StatusCode,
}

fn case<const N: usize>(
    (name, signed_in, form): (&'static str, bool, &'static str),
    fields: [(&'static str, &str); N],
    verdict: Verdict,
) -> Case {
    let fields = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
    let status = match &verdict {
        Verdict::Accepted(_) => StatusCode::OK,
        Verdict::Refused(AuthError::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        Verdict::Refused(AuthError::InvalidCredentials | AuthError::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Verdict::Refused(AuthError::LinkExpired) => StatusCode::GONE,
        Verdict::Refused(AuthError::NotFound) => StatusCode::NOT_FOUND,
        Verdict::Refused(other) => panic!("give {other:?} a status"),
    };
    Case { name, signed_in, form, fields, verdict, status }
}

fn invalid<const N: usize>(errors: [(Field, Problem); N]) -> Verdict {
    let mut list = FieldErrors::default();
    for (field, problem) in errors {
        list.add(field, problem);
    }
    Verdict::Refused(list.into())
}

fn wrong_credentials() -> Verdict {
    Verdict::Refused(AuthError::InvalidCredentials)
}

fn to(path: &str) -> Verdict {
    Verdict::goes_to(path)
}

#[expect(clippy::too_many_lines, reason = "a table, not a program")]
fn sign_in_cases() -> Vec<Case> {
    let long = "x".repeat(257);
    let sign_in = |name| (name, false, "sign_in");
    vec![
        case(sign_in("by username"), [("username", "anna"), ("password", PASSWORD)], to("/profile")),
        case(sign_in("by e-mail"), [("username", "anna@example.com"), ("password", PASSWORD)], to("/profile")),
        case(
            sign_in("case and space do not matter"),
            [("username", " ANNA@Example.COM "), ("password", PASSWORD)],
            to("/profile"),
        ),
        case(sign_in("an upper-case username"), [("username", "AnNa"), ("password", PASSWORD)], to("/profile")),
        case(
            sign_in("goes on to next"),
            [("username", "anna"), ("password", PASSWORD), ("next", "/profile?x=1")],
            to("/profile?x=1"),
        ),
        case(
            sign_in("WEB-5 a foreign next is ignored"),
            [("username", "anna"), ("password", PASSWORD), ("next", "//evil.example")],
            to("/profile"),
        ),
        case(
            sign_in("a next that is no page is ignored"),
            [("username", "anna"), ("password", PASSWORD), ("next", "/sign-out")],
            to("/profile"),
        ),
        case(
            sign_in("REG-5 unknown fields do nothing"),
            [("username", "anna"), ("password", PASSWORD), ("is_admin", "true")],
            to("/profile"),
        ),
        case(
            sign_in("LOG-1 a wrong password"),
            [("username", "anna"), ("password", OTHER_PASSWORD)],
            wrong_credentials(),
        ),
        case(sign_in("LOG-1 an unknown user"), [("username", "nobody"), ("password", PASSWORD)], wrong_credentials()),
        case(
            sign_in("LOG-1 an unknown address"),
            [("username", "nobody@example.com"), ("password", PASSWORD)],
            wrong_credentials(),
        ),
        case(
            sign_in("LOG-1 what can be no username"),
            [("username", "a b<c>"), ("password", PASSWORD)],
            wrong_credentials(),
        ),
        case(
            sign_in("the password is neither trimmed nor folded"),
            [("username", "anna"), ("password", " canary-Anna-Kx7-pw")],
            wrong_credentials(),
        ),
        case(
            sign_in("nothing at all"),
            [],
            invalid([(Field::Username, Problem::Required), (Field::Password, Problem::Required)]),
        ),
        case(
            sign_in("PWD-1 an over-long password is not hashed"),
            [("username", "anna"), ("password", &long)],
            invalid([(Field::Password, Problem::TooLong(256))]),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, not a program")]
fn registration_cases() -> Vec<Case> {
    let sign_up = |name| (name, false, "registration");
    let new = [("email", "new@example.com"), ("username", "newcomer"), ("password", OTHER_PASSWORD)];
    let with = |field: &'static str, value: &'static str| {
        new.map(|(name, old)| (name, if name == field { value } else { old }))
    };
    vec![
        case(sign_up("a new account"), new, to("/profile")),
        case(
            sign_up("REG-1 another spelling of a taken address"),
            with("email", " Anna@EXAMPLE.com"),
            invalid([(Field::Email, Problem::Taken)]),
        ),
        case(
            sign_up("another spelling of a taken username"),
            with("username", "ANNA"),
            invalid([(Field::Username, Problem::Taken)]),
        ),
        case(
            sign_up("both taken"),
            [("email", "anna@example.com"), ("username", "anna"), ("password", OTHER_PASSWORD)],
            invalid([(Field::Email, Problem::Taken), (Field::Username, Problem::Taken)]),
        ),
        case(
            sign_up("PWD-1 a short password"),
            with("password", "short77"),
            invalid([(Field::Password, Problem::TooShort(8))]),
        ),
        case(
            sign_up("a username with an @"),
            with("username", "a@b"),
            invalid([(Field::Username, Problem::Characters)]),
        ),
        case(
            sign_up("RST-6 two addresses in one"),
            with("email", "a@x.io,b@x.io"),
            invalid([(Field::Email, Problem::Invalid)]),
        ),
        case(
            sign_up("API-4 a line break in an address"),
            with("email", "a@x.io\r\nBcc: b@x.io"),
            invalid([(Field::Email, Problem::Characters)]),
        ),
        case(
            sign_up("every fault is named at once"),
            [
                ("email", "no"),
                ("username", "a b"),
                ("password", "x"),
                ("first_name", "a\u{202e}b"),
                ("last_name", "\0"),
            ],
            invalid([
                (Field::Email, Problem::Invalid),
                (Field::Username, Problem::Characters),
                (Field::FirstName, Problem::Characters),
                (Field::LastName, Problem::Characters),
                (Field::Password, Problem::TooShort(8)),
            ]),
        ),
        case(
            sign_up("nothing at all"),
            [],
            invalid([
                (Field::Email, Problem::Required),
                (Field::Username, Problem::Required),
                (Field::Password, Problem::Required),
            ]),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, not a program")]
fn profile_cases() -> Vec<Case> {
    let at = |name, form| (name, true, form);
    vec![
        case(at("names", "details"), [("username", "anna"), ("first_name", "Änna"), ("last_name", "")], to("/profile")),
        case(
            at("a new username", "details"),
            [("username", "anna2"), ("first_name", ""), ("last_name", "")],
            to("/profile"),
        ),
        case(
            at("a taken username", "details"),
            [("username", "Boris"), ("first_name", ""), ("last_name", "")],
            invalid([(Field::Username, Problem::Taken)]),
        ),
        case(
            at("no username", "details"),
            [("username", " "), ("first_name", ""), ("last_name", "")],
            invalid([(Field::Username, Problem::Required)]),
        ),
        case(
            at("an over-long name", "details"),
            [("username", "anna"), ("first_name", &"x".repeat(101))],
            invalid([(Field::FirstName, Problem::TooLong(100))]),
        ),
        case(
            at("a new address", "email"),
            [("email", "anna@new.example.com"), ("current_password", PASSWORD)],
            to("/profile"),
        ),
        case(
            at("the same address needs no password", "email"),
            [("email", "anna@example.com"), ("current_password", "")],
            to("/profile"),
        ),
        case(
            at("EML-2 a new address without the password", "email"),
            [("email", "anna@new.example.com"), ("current_password", "")],
            invalid([(Field::CurrentPassword, Problem::Required)]),
        ),
        case(
            at("EML-2 a new address with a wrong password", "email"),
            [("email", "anna@new.example.com"), ("current_password", OTHER_PASSWORD)],
            invalid([(Field::CurrentPassword, Problem::Wrong)]),
        ),
        case(
            at("a taken address", "email"),
            [("email", "BORIS@example.com"), ("current_password", PASSWORD)],
            invalid([(Field::Email, Problem::Taken)]),
        ),
        case(
            at("RST-1 a new password", "password"),
            [("current_password", PASSWORD), ("new_password", OTHER_PASSWORD)],
            to("/profile"),
        ),
        case(
            at("RST-1 a wrong current password", "password"),
            [("current_password", OTHER_PASSWORD), ("new_password", OTHER_PASSWORD)],
            invalid([(Field::CurrentPassword, Problem::Wrong)]),
        ),
        case(
            at("a short new password", "password"),
            [("current_password", PASSWORD), ("new_password", "short77")],
            invalid([(Field::NewPassword, Problem::TooShort(8))]),
        ),
        case(
            at("no passwords", "password"),
            [],
            invalid([(Field::CurrentPassword, Problem::Required), (Field::NewPassword, Problem::Required)]),
        ),
        case(
            at("a clear yes and the password", "deletion"),
            [("current_password", PASSWORD), ("confirm", "yes")],
            to("/login"),
        ),
        case(
            at("no yes", "deletion"),
            [("current_password", PASSWORD)],
            invalid([(Field::Confirm, Problem::Required)]),
        ),
        case(
            at("PRV-2 a wrong password", "deletion"),
            [("current_password", OTHER_PASSWORD), ("confirm", "yes")],
            invalid([(Field::CurrentPassword, Problem::Wrong)]),
        ),
        case(at("signing out", "sign_out"), [], to("/login")),
        case(("signing out twice is fine", false, "sign_out"), [], to("/login")),
    ]
}

fn session_cases() -> Vec<Case> {
    let at = |name| (name, true, "sessions");
    vec![
        case(at("SES-4 everywhere else"), [("others", "yes")], to("/sessions")),
        case(at("SES-4 no session of one's own"), [("session", "AAAAAAAAAAAAAAAAAAAAAA")], not_found()),
        case(at("SES-4 a session whose name is too long"), [("session", &"A".repeat(5000))], not_found()),
        case(at("SES-4 a session named by a quote"), [("session", "'")], not_found()),
        case(at("SES-4 no session named"), [], not_found()),
    ]
}

fn not_found() -> Verdict {
    Verdict::Refused(AuthError::NotFound)
}

fn password_link_cases() -> Vec<Case> {
    let link = |name| (name, false, "set_password");
    let long = "x".repeat(257);
    vec![
        case(link("RST-3 a new password"), [("new_password", OTHER_PASSWORD)], to("/login")),
        case(
            ("a new password by a link, signed in", true, "set_password"),
            [("new_password", OTHER_PASSWORD)],
            to("/login"),
        ),
        case(link("the old password once more"), [("new_password", PASSWORD)], to("/login")),
        case(
            link("REG-5 neither a token nor a name in the form does anything"),
            [("new_password", OTHER_PASSWORD), ("token", "lkp1.x"), ("username", "boris")],
            to("/login"),
        ),
        case(
            link("no link for the account that the page has named"),
            [("account", "1"), ("new_password", OTHER_PASSWORD)],
            Verdict::Refused(AuthError::LinkExpired),
        ),
        case(
            link("no account named"),
            [("account", ""), ("new_password", OTHER_PASSWORD)],
            Verdict::Refused(AuthError::LinkExpired),
        ),
        case(link("no new password"), [], invalid([(Field::NewPassword, Problem::Required)])),
        case(
            link("PWD-1 a short password by a link"),
            [("new_password", "short77")],
            invalid([(Field::NewPassword, Problem::TooShort(8))]),
        ),
        case(
            link("PWD-1 an over-long password by a link"),
            [("new_password", &long)],
            invalid([(Field::NewPassword, Problem::TooLong(256))]),
        ),
    ]
}

async fn prepared<'a>(app: &'a TestApp, case: &Case, door: Door) -> Browser<'a> {
    let anna = app.register("anna", PASSWORD).await;
    app.register("boris", "canary-Boris-Vw9-pw").await;
    let browser = if case.signed_in { anna.at(door) } else { app.browser(door) };
    if case.form == "set_password" {
        browser.get(&app.try_link("anna").await.unwrap()).await;
    }
    browser
}

#[tokio::test]
async fn the_same_input_gets_the_same_verdict_at_every_door() {
    let cases =
        [sign_in_cases(), registration_cases(), profile_cases(), session_cases(), password_link_cases()].concat_cases();
    assert_eq!(cases.len(), 58);
    for case in &cases {
        for door in Door::ALL {
            let app = TestApp::new().await;
            let browser = prepared(&app, case, door).await;
            let account = app.account_id("anna").await.to_string();
            let mut fields: Vec<_> = case.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            if case.form == "set_password" && !fields.iter().any(|(name, _)| *name == "account") {
                fields.push(("account", &account));
            }
            let reply = browser.submit(case.form, &fields).await;
            assert_eq!(reply.verdict(), case.verdict, "{} at {door:?}", case.name);
            let accepted = matches!(case.verdict, Verdict::Accepted(_));
            let expected = if accepted && door == Door::Form { StatusCode::SEE_OTHER } else { case.status };
            assert_eq!(reply.status, expected, "{} at {door:?}", case.name);
        }
    }
}

/// What only a page has: where to go afterwards, a box to tick, a link; and fields that it ignores and the API refuses.
const BROWSER_ONLY: [&str; 6] = [
    "goes on to next",
    "WEB-5 a foreign next is ignored",
    "a next that is no page is ignored",
    "REG-5 unknown fields do nothing",
    "no yes",
    "signing out twice is fine",
];

#[tokio::test]
async fn the_same_input_gets_the_same_verdict_at_the_api() {
    let cases = [sign_in_cases(), registration_cases(), profile_cases(), session_cases()].concat_cases();
    assert!(BROWSER_ONLY.iter().all(|name| cases.iter().any(|case| case.name == *name)));
    let of_the_api: Vec<_> = cases.iter().filter(|case| !BROWSER_ONLY.contains(&case.name)).collect();
    assert_eq!(of_the_api.len(), 43);
    for case in of_the_api {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        app.register("boris", "canary-Boris-Vw9-pw").await;
        let client = if case.signed_in { app.api_as("anna", PASSWORD).await } else { app.api() };
        let fields: Vec<_> = case.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = client.submit(case.form, &fields).await.unwrap();
        let (expected, status) = match &case.verdict {
            Verdict::Accepted(_) => (Ok(()), None),
            Verdict::Refused(AuthError::Invalid(errors)) if errors.only_taken() => {
                (Err(errors.clone().into()), Some(StatusCode::BAD_REQUEST))
            }
            Verdict::Refused(error) => (Err(error.clone()), Some(case.status)),
        };
        assert_eq!(reply.api_verdict(), expected, "{}", case.name);
        assert!(status.is_none_or(|status| status == reply.status), "{}: {}", case.name, reply.status);
        assert!(reply.set_cookies().is_empty(), "{}", case.name);
    }
}

trait Concat {
    fn concat_cases(self) -> Vec<Case>;
}

impl<const N: usize> Concat for [Vec<Case>; N] {
    fn concat_cases(self) -> Vec<Case> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn an_empty_field_is_not_a_missing_one_at_any_door() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        let names = "select coalesce(first_name, '-') || '/' || coalesce(last_name, '-') from accounts";
        let both = [("username", "anna"), ("first_name", "Anna"), ("last_name", "K")];
        anna.submit("details", &both).await;
        anna.submit("details", &[("first_name", "")]).await;
        assert_eq!(app.text(names).await, "-/K", "{door:?}");
        for (form, field) in [("details", Field::Username), ("email", Field::Email)] {
            let reply = anna.submit(form, &[(field.as_str(), "")]).await;
            assert_eq!(reply.verdict(), invalid([(field, Problem::Required)]), "{form} at {door:?}");
        }
    }
}

#[tokio::test]
async fn reg_5_no_field_makes_an_administrator() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let fields = [
            ("email", "new@example.com"),
            ("username", "newcomer"),
            ("password", OTHER_PASSWORD),
            ("is_admin", "true"),
            ("roles", "admin"),
            ("id", "1"),
            ("email_verified", "true"),
            ("is_active", "false"),
            ("userId", "1"),
        ];
        let browser = app.browser(door);
        assert_eq!(browser.submit("registration", &fields).await.verdict(), Verdict::goes_to("/profile"));
        browser.submit("details", &[("username", "newcomer"), ("roles", "admin"), ("email_verified", "1")]).await;
        let plain = "select count(*) from accounts where is_active = 1 and email_verified = 0 and id > 1000";
        assert_eq!((app.count(plain).await, app.count("select count(*) from account_roles").await), (1, 0), "{door:?}");
    }
}

#[tokio::test]
async fn reg_6_sign_up_that_is_closed_is_closed_at_every_door() {
    let app = TestApp::with(&[("LATCHKEY_SIGN_UP", "closed")]).await;
    let fields = [("email", "new@example.com"), ("username", "newcomer"), ("password", OTHER_PASSWORD)];
    let rpc = app.browser(Door::Rpc).submit("registration", &fields).await;
    assert_eq!((rpc.status, rpc.verdict()), (StatusCode::FORBIDDEN, Verdict::Refused(AuthError::SignUpClosed)));
    let form = app.browser(Door::Form).submit("registration", &fields).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert!(form.body.contains("New accounts are not being taken"));
    assert!(!app.browser(Door::Form).get("/register").await.has_form("registration"), "the page shows no form");
    assert!(!app.browser(Door::Form).get("/login").await.body.contains("href=\"/register\""), "no way leads there");
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn the_profile_takes_nothing_from_who_is_not_signed_in() {
    let app = TestApp::new().await;
    for form in ["details", "email", "password", "deletion"] {
        let form_reply = app.browser(Door::Form).submit(form, &[]).await;
        assert_eq!(form_reply.verdict(), Verdict::goes_to("/login?next=/profile"), "{form}");
        let rpc = app.browser(Door::Rpc).submit(form, &[]).await;
        let refused = Verdict::Refused(AuthError::Unauthenticated);
        assert_eq!((rpc.status, rpc.verdict()), (StatusCode::UNAUTHORIZED, refused), "{form}");
    }
}

#[tokio::test]
async fn pwd_3_production_refuses_passwords_that_guessers_try_first() {
    let settings = [("LATCHKEY_ENV", "production"), ("LATCHKEY_PUBLIC_URL", "http://127.0.0.1:3000")];
    for door in Door::ALL {
        let app = TestApp::with(&settings).await;
        for password in ["password123", "qwertyuiop", "newcomer1", "latchkey1"] {
            let fields = [("email", "newcomer@example.com"), ("username", "newcomer"), ("password", password)];
            let reply = app.browser(door).submit("registration", &fields).await;
            assert_eq!(reply.verdict(), invalid([(Field::Password, Problem::Common)]), "{password} at {door:?}");
        }
    }
    let own = TestApp::with(&[&settings[..], &[("LATCHKEY_PRODUCT_NAME", "Blue Door")]].concat()).await;
    for password in ["blue door", "bluedoor1", "latchkey1"] {
        let fields = [("email", "newcomer@example.com"), ("username", "newcomer"), ("password", password)];
        let reply = own.browser(Door::Rpc).submit("registration", &fields).await;
        assert_eq!(reply.verdict(), invalid([(Field::Password, Problem::Common)]), "{password}, the site's own name");
    }
    let development = TestApp::new().await;
    development.register("tutorial", "password123").await;
}

#[tokio::test]
async fn log_1_a_disabled_account_looks_like_a_wrong_password() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        app.register("anna", PASSWORD).await;
        app.sql("update accounts set is_active = 0").await;
        let reply = app.browser(door).submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
        assert_eq!(reply.verdict(), wrong_credentials(), "{door:?}");
    }
}

#[tokio::test]
async fn the_last_administrator_cannot_leave() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let browser = app.register("anna", PASSWORD).await.at(door);
        app.register("boris", "canary-Boris-Vw9-pw").await;
        app.sql(
            "insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'anna'",
        )
        .await;
        let fields = [("current_password", PASSWORD), ("confirm", "yes")];
        let reply = browser.submit("deletion", &fields).await;
        assert_eq!(
            (reply.status, reply.verdict()),
            (StatusCode::CONFLICT, Verdict::Refused(AuthError::LastAdmin)),
            "{door:?}"
        );
        app.sql(
            "insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'boris'",
        )
        .await;
        assert_eq!(browser.submit("deletion", &fields).await.verdict(), Verdict::goes_to("/login"), "{door:?}");
    }
}

#[tokio::test]
async fn pwd_1_nothing_is_cut_off_and_pwd_2_both_spellings_sign_in() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let long = format!("canary-{}", "x".repeat(193));
        app.register("anna", &long).await;
        app.register("boris", "canary-caf\u{e9}-pw").await;
        for (username, password, verdict) in [
            ("anna", &long[..199], wrong_credentials()),
            ("anna", &long, to("/profile")),
            ("boris", "canary-cafe\u{301}-pw", to("/profile")),
        ] {
            let reply = app.browser(door).submit("sign_in", &[("username", username), ("password", password)]).await;
            assert_eq!(reply.verdict(), verdict, "{username} at {door:?}");
        }
    }
}

#[tokio::test]
async fn pwd_3_a_change_to_a_common_password_is_refused_in_production() {
    for door in Door::ALL {
        let app =
            TestApp::with(&[("LATCHKEY_ENV", "production"), ("LATCHKEY_PUBLIC_URL", "http://127.0.0.1:3000")]).await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        for password in ["password123", "annaanna", "qwertyuiop"] {
            let reply = anna.submit("password", &[("current_password", PASSWORD), ("new_password", password)]).await;
            assert_eq!(reply.verdict(), invalid([(Field::NewPassword, Problem::Common)]), "{password} at {door:?}");
        }
    }
}

#[tokio::test]
async fn reg_6_a_new_database_has_no_account_that_anybody_could_guess() {
    let app = TestApp::new().await;
    for (username, password) in [("admin", "admin"), ("admin", "admin123"), ("root", "root"), ("latchkey", "changeme")]
    {
        for door in Door::ALL {
            let reply = app.browser(door).submit("sign_in", &[("username", username), ("password", password)]).await;
            assert_eq!(reply.verdict(), wrong_credentials(), "{username} at {door:?}");
        }
    }
    assert_eq!(app.count("select count(*) from accounts").await, 0);
}

#[tokio::test]
async fn only_a_changed_address_is_called_changed() {
    for door in Door::ALL {
        let app = TestApp::new().await;
        let anna = app.register("anna", PASSWORD).await.at(door);
        anna.submit("email", &[("email", "anna@example.com")]).await;
        assert_eq!(anna.cookie("latchkey-notice").as_deref(), Some("profile_saved"), "{door:?}");
        anna.submit("email", &[("email", "new@example.com"), ("current_password", PASSWORD)]).await;
        assert_eq!(anna.cookie("latchkey-notice").as_deref(), Some("email_saved"), "{door:?}");
    }
}
