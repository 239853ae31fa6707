//! The rules of administration, called as every door will call them.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use futures_util::future::join_all;
use latchkey::domain::{AccountView, AuthError, Field, Problem, Role};
use latchkey::server::accounts::creation::NewAccountFields;
use latchkey::server::accounts::service::{self, ListInput, PageSize, Who, Whose};
use latchkey::server::caller::Caller;
use latchkey::server::store::{AccountSort, Changed, RoleChange, StandingChanges};

use crate::support::{MadeUp, TestApp, Verdict, connect, log_contains};

const PASSWORD: &str = "canary-Admin-Kx7-pw";

/// Somebody signed in, as the doors see them.
async fn signed_in(app: &TestApp, name: &str) -> Caller {
    app.register(name, PASSWORD).await;
    caller(app, name).await
}

async fn caller(app: &TestApp, name: &str) -> Caller {
    let details = service::show(&app.state, &Caller::operator(), Who::Name(name)).await.unwrap();
    // The list shortens nothing: this is the row's id.
    let session = app.state.store.session_with_account(&details.sessions[0].id).await.unwrap();
    Caller { session, ..Caller::default() }
}

fn fields(name: &str, role: Option<Role>) -> NewAccountFields {
    NewAccountFields {
        email: format!("{name}@example.com"),
        username: name.to_owned(),
        password: None,
        first_name: String::new(),
        last_name: String::new(),
        role,
    }
}

async fn update(app: &TestApp, name: &str, changes: StandingChanges) -> Result<Changed, AuthError> {
    service::update(&app.state, &Caller::operator(), (Who::Name(name), changes)).await
}

async fn grant(app: &TestApp, name: &str, role: Role) -> Result<Changed, AuthError> {
    update(app, name, StandingChanges::roles(RoleChange::Grant(role))).await
}

/// Every function of the service, tried at the account "target".
async fn verdicts(app: &TestApp, caller: &Caller) -> Vec<(&'static str, Result<(), AuthError>)> {
    let (state, target) = (&app.state, Who::Name("target"));
    vec![
        ("list", service::list(state, caller, ListInput::default()).await.map(drop)),
        ("show", service::show(state, caller, target).await.map(drop)),
        (
            "grant",
            service::update(state, caller, (target, StandingChanges::roles(RoleChange::Grant(Role::ADMIN))))
                .await
                .map(drop),
        ),
        (
            "revoke",
            service::update(state, caller, (target, StandingChanges::roles(RoleChange::Revoke(Role::ADMIN))))
                .await
                .map(drop),
        ),
        ("disable", service::update(state, caller, (target, StandingChanges::active(false))).await.map(drop)),
        ("enable", service::update(state, caller, (target, StandingChanges::active(true))).await.map(drop)),
        ("sessions", service::sessions(state, caller, target).await.map(drop)),
        ("sign out", service::sign_out(state, caller, Whose::Account(Who::Name("target"))).await.map(drop)),
        ("unlock", service::unlock(state, caller, target).await.map(drop)),
        ("delete", service::delete(state, caller, target).await.map(drop)),
        ("add", service::add(state, caller, fields("target", Some(Role::ADMIN))).await.map(drop)),
    ]
}

#[tokio::test]
async fn auz_1_nobody_but_the_operator_and_administrators_administers() {
    let app = TestApp::new().await;
    let nobody = Caller::anonymous(None, &HeaderMap::new(), &app.state.config.trusted_proxies);
    let visitor = signed_in(&app, "visitor").await;
    service::add(&app.state, &Caller::operator(), fields("target", None)).await.unwrap();
    let before = app.lines("select username, is_active, updated_at from accounts order by username").await;
    for (caller, refusal) in [(&nobody, AuthError::Unauthenticated), (&visitor, AuthError::Forbidden)] {
        for (name, verdict) in verdicts(&app, caller).await {
            assert_eq!(verdict, Err(refusal.clone()), "{name}");
        }
        let all = service::sign_out(&app.state, caller, Whose::Everybody).await.map(drop);
        assert_eq!(all, Err(refusal));
    }
    assert_eq!(app.lines("select username, is_active, updated_at from accounts order by username").await, before);
    assert_eq!(app.count("select count(*) from sessions where ended_at is not null").await, 0);
    assert_eq!(app.count("select count(*) from account_roles").await, 0);

    grant(&app, "visitor", Role::ADMIN).await.unwrap();
    app.api_as("visitor", PASSWORD).await;
    let admin = caller(&app, "visitor").await;
    for caller in [&admin, &Caller::operator()] {
        for (name, verdict) in verdicts(&app, caller).await {
            assert_eq!(verdict, Ok(()), "{name}");
        }
    }
    let id = admin.session.as_ref().unwrap().account.view.id.get();
    assert!(log_contains(&format!("was deleted by account {id}")) && log_contains("was deleted by the operator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn auz_4_of_many_who_demote_each_other_one_stays() {
    let names = ["anna", "boris", "clara", "dora"];
    for round in 0..20 {
        let app = TestApp::new().await;
        for name in names {
            service::add(&app.state, &Caller::operator(), fields(name, Some(Role::ADMIN))).await.unwrap();
        }
        let demotions = names.iter().enumerate().map(async |(number, name)| match (number + round) % 4 {
            0 => update(&app, name, StandingChanges::roles(RoleChange::Revoke(Role::ADMIN))).await.map(drop),
            1 => update(&app, name, StandingChanges::active(false)).await.map(drop),
            2 => update(&app, name, StandingChanges::roles(RoleChange::Replace(BTreeSet::new()))).await.map(drop),
            _ => service::delete(&app.state, &Caller::operator(), Who::Name(name)).await.map(drop),
        });
        let refused: Vec<_> = join_all(demotions).await.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused, [AuthError::LastAdmin]);
        let active =
            "select count(*) from account_roles r join accounts a on a.id = r.account_id where a.is_active = 1";
        assert_eq!(app.count(active).await, 1);
    }
}

#[tokio::test]
async fn auz_4_the_last_administrator_cannot_delete_themselves_on_the_profile_page() {
    let app = TestApp::new().await;
    let anna = app.register("anna", PASSWORD).await;
    grant(&app, "anna", Role::ADMIN).await.unwrap();
    anna.submit("sign_in", &[("username", "anna"), ("password", PASSWORD)]).await;
    let yes = [("current_password", PASSWORD), ("confirm", "yes")];
    assert_eq!(anna.submit("deletion", &yes).await.verdict(), Verdict::Refused(AuthError::LastAdmin));
    service::add(&app.state, &Caller::operator(), fields("boris", Some(Role::ADMIN))).await.unwrap();
    assert_eq!(anna.submit("deletion", &yes).await.verdict(), Verdict::goes_to("/login"));
}

fn role(name: &str) -> Role {
    Role::parse(name).unwrap()
}

fn names(account: &AccountView) -> Vec<&str> {
    account.roles.iter().map(Role::as_str).collect()
}

#[tokio::test]
async fn only_roles_that_are_defined_are_given_and_a_former_one_stays_until_it_is_taken() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    service::add(&app.state, &Caller::operator(), fields("anna", Some(role("editor")))).await.unwrap();
    app.sql("insert into account_roles select id, 'former' from accounts").await;
    let replace =
        |names: &[&str]| StandingChanges::roles(RoleChange::Replace(names.iter().map(|name| role(name)).collect()));
    let unknown = Err(AuthError::from((Field::Roles, Problem::Unknown)));
    let not_given = Err(AuthError::from((Field::Roles, Problem::Invalid)));

    assert_eq!(service::add(&app.state, &Caller::operator(), fields("b", Some(role("former")))).await, unknown.clone());
    assert_eq!(service::add(&app.state, &Caller::operator(), fields("b", Some(Role::USER))).await, not_given.clone());
    for (changes, refusal) in [
        (StandingChanges::roles(RoleChange::Grant(role("former"))), &unknown),
        (replace(&["former", "editor", "nobody-s"]), &unknown),
        (StandingChanges::roles(RoleChange::Grant(Role::USER)), &not_given),
        (StandingChanges::roles(RoleChange::Revoke(Role::USER)), &not_given),
    ] {
        let verdict = update(&app, "anna", changes.clone()).await.map(|changed| changed.after);
        assert_eq!(&verdict, refusal, "{changes:?}");
    }
    let shown = service::show(&app.state, &Caller::operator(), Who::Name("anna")).await.unwrap().account;
    assert_eq!(names(&shown), ["editor", "former", "user"]);
    let same = update(&app, "anna", replace(&["former", "editor"])).await.unwrap();
    assert!(!same.is_new(), "what was read can be written back");

    let after = update(&app, "anna", StandingChanges::roles(RoleChange::Revoke(role("former")))).await.unwrap().after;
    assert_eq!(names(&after), ["editor", "user"]);
    let after = update(&app, "anna", replace(&["user", "admin"])).await.unwrap().after;
    assert_eq!(names(&after), ["admin", "user"]);
    assert_eq!(app.lines("select role from account_roles").await, "admin", "user is never stored");
}

#[tokio::test]
async fn a_change_of_several_things_is_made_whole_or_not_at_all() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    let facts = "select is_active, updated_at, role, (select count(*) from sessions where ended_at is null) \
                 from accounts left join account_roles on account_id = id order by id, role";
    app.register("anna", PASSWORD).await;
    grant(&app, "anna", Role::ADMIN).await.unwrap();
    app.api_as("anna", PASSWORD).await;
    app.advance(1);
    let editor = || Some(RoleChange::Replace(BTreeSet::from([role("editor")])));
    let before = app.lines(facts).await;
    for is_active in [None, Some(false), Some(true)] {
        let verdict = update(&app, "anna", StandingChanges { is_active, roles: editor() }).await;
        assert_eq!(verdict, Err(AuthError::LastAdmin), "{is_active:?}");
        assert_eq!(app.lines(facts).await, before, "{is_active:?}");
    }
    assert!(!update(&app, "anna", StandingChanges::default()).await.unwrap().is_new());
    assert!(!update(&app, "anna", StandingChanges::active(true)).await.unwrap().is_new());
    assert_eq!(app.lines(facts).await, before, "what is so already is not written anew");

    service::add(&app.state, &Caller::operator(), fields("boris", Some(Role::ADMIN))).await.unwrap();
    let Changed { before, after } =
        update(&app, "anna", StandingChanges { is_active: Some(false), roles: editor() }).await.unwrap();
    assert_eq!((before.is_active, names(&before)), (true, vec!["admin", "user"]));
    assert_eq!((after.is_active, names(&after), after.updated_at), (false, vec!["editor", "user"], app.now()));
    assert_eq!(
        app.lines("select end_reason from sessions order by created_at, ended_at").await,
        "role_granted\ndisabled"
    );
    let shown = service::show(&app.state, &Caller::operator(), Who::Name("anna")).await.unwrap().account;
    assert_eq!(shown, after, "what is answered is what is stored");
}

#[tokio::test]
async fn a_lost_role_signs_out_and_a_new_one_does_not_unless_it_is_an_administrator_s() {
    let app = TestApp::with(&[("LATCHKEY_ROLES", "editor")]).await;
    app.register("anna", PASSWORD).await;
    grant(&app, "anna", Role::ADMIN).await.unwrap();
    assert_eq!(app.lines("select end_reason from sessions").await, "role_granted");
    app.sql("delete from sessions").await;
    app.api_as("anna", PASSWORD).await;
    grant(&app, "anna", role("editor")).await.unwrap();
    let live = "select count(*) from sessions where ended_at is null";
    assert_eq!(app.count(live).await, 1);
    // The last administrator loses a role that is no administrator's.
    update(&app, "anna", StandingChanges::roles(RoleChange::Revoke(role("editor")))).await.unwrap();
    assert_eq!(app.count(live).await, 0);
    assert_eq!(app.lines("select end_reason from sessions").await, "role_revoked");
}

#[tokio::test]
async fn an_account_is_found_by_its_number_and_only_by_its_own() {
    let app = TestApp::new().await;
    service::add(&app.state, &Caller::operator(), fields("anna", None)).await.unwrap();
    let id = app.account_id("anna").await.to_string();
    let show = async |number: &str| {
        let details = service::show(&app.state, &Caller::operator(), Who::Id(number)).await;
        details.map(|details| details.account.username)
    };
    assert_eq!(show(&id).await, Ok("anna".to_owned()));
    for number in ["1", "", "x", "anna", "-1", "0", &format!("+{id}"), &format!("0{id}"), &format!("{id}0000000")] {
        assert_eq!(show(number).await, Err(AuthError::NotFound), "{number}");
        let deleted = service::delete(&app.state, &Caller::operator(), Who::Id(number)).await;
        assert_eq!(deleted.map(drop), Err(AuthError::NotFound), "{number}");
    }
}

/// 1200 accounts: every second one is active, three are administrators, and each moment has seven.
async fn app_with_1200() -> TestApp {
    let app = TestApp::new().await;
    app.insert_accounts((1..=1200).map(|id| MadeUp {
        id,
        username: format!("user-{id}"),
        email: format!("{id}@example.com"),
        created_at: id / 7,
    }))
    .await;
    app.sql("insert into account_roles select id, 'admin' from accounts where id % 400 = 0").await;
    app
}

/// All pages of a list, one behind the other.
async fn all_pages(app: &TestApp, mut input: ListInput) -> Vec<AccountView> {
    let mut accounts = Vec::new();
    loop {
        let page = service::list(&app.state, &Caller::operator(), input.clone()).await.unwrap();
        assert!(!page.accounts.is_empty() || page.next_cursor.is_none(), "an empty page leads on");
        accounts.extend(page.accounts);
        input.cursor = page.next_cursor;
        if input.cursor.is_none() {
            return accounts;
        }
    }
}

#[tokio::test]
async fn twelve_hundred_accounts_are_listed_page_by_page_none_twice_none_left_out() {
    let app = app_with_1200().await;
    let all = ListInput { page_size: PageSize::MAX, ..ListInput::default() };
    for (input, expected) in [
        (all.clone(), 1200),
        (ListInput { page_size: PageSize::parse("1").unwrap(), search: "user-11".to_owned(), ..all.clone() }, 111),
        (ListInput { is_active: Some(true), ..all.clone() }, 600),
        (ListInput { role: Some(Role::ADMIN), ..all.clone() }, 3),
        (ListInput { role: Some(Role::USER), ..all.clone() }, 1200),
        (ListInput { role: Some(role("nobodys")), ..all.clone() }, 0),
        (ListInput { search: " USER-11".to_owned(), ..all.clone() }, 111),
        (ListInput { search: "77@EXAMPLE".to_owned(), is_active: Some(true), ..all.clone() }, 1),
        (ListInput { search: "user%".to_owned(), ..all.clone() }, 0),
        (ListInput { search: "' or 1=1 --".to_owned(), ..all }, 0),
    ] {
        for sort in AccountSort::ALL {
            let accounts = all_pages(&app, ListInput { sort, ..input.clone() }).await;
            let ids: BTreeSet<_> = accounts.iter().map(|account| account.id).collect();
            assert_eq!((accounts.len(), ids.len()), (expected, expected), "{input:?} {sort:?}");
            let rising = |key: fn(&AccountView) -> (i64, &str)| accounts.iter().map(key).is_sorted();
            let falling = |key: fn(&AccountView) -> (i64, &str)| accounts.iter().rev().map(key).is_sorted();
            assert!(match sort {
                AccountSort::Username => rising(|a| (0, &a.username)),
                AccountSort::UsernameDescending => falling(|a| (0, &a.username)),
                AccountSort::Email => rising(|a| (0, &a.email)),
                AccountSort::EmailDescending => falling(|a| (0, &a.email)),
                AccountSort::CreatedAt => rising(|a| (a.created_at.as_micros(), "")),
                AccountSort::CreatedAtDescending => falling(|a| (a.created_at.as_micros(), "")),
            });
        }
    }
}

#[tokio::test]
async fn api_5_a_cursor_goes_on_with_its_own_list_and_no_other() {
    let app = app_with_1200().await;
    let list = async |input: ListInput| {
        let listed = service::list(&app.state, &Caller::operator(), input).await;
        listed.map(|listed| listed.accounts.iter().map(|account| account.username.clone()).collect::<Vec<_>>())
    };
    let own = ListInput {
        search: "user-1".to_owned(),
        is_active: Some(true),
        role: Some(Role::USER),
        page_size: PageSize::parse("2").unwrap(),
        ..ListInput::default()
    };
    let first = service::list(&app.state, &Caller::operator(), own.clone()).await.unwrap();
    let cursor = first.next_cursor.unwrap();
    assert!(!cursor.contains("user") && cursor.is_ascii());
    let own = ListInput { cursor: Some(cursor), ..own };
    assert_eq!(list(own.clone()).await.unwrap(), ["user-1003", "user-1005"]);
    let three = PageSize::parse("3").unwrap();
    assert_eq!(list(ListInput { page_size: three, ..own.clone() }).await.unwrap().len(), 3, "pages may change in size");
    let same = ListInput { search: " USER-1 ".to_owned(), ..own.clone() };
    assert!(list(same).await.is_ok(), "another spelling of the same search");
    for other in [
        ListInput { sort: AccountSort::UsernameDescending, ..own.clone() },
        ListInput { sort: AccountSort::CreatedAt, ..own.clone() },
        ListInput { search: "user-".to_owned(), ..own.clone() },
        ListInput { is_active: None, ..own.clone() },
        ListInput { is_active: Some(false), ..own.clone() },
        ListInput { role: None, ..own.clone() },
        ListInput { role: Some(Role::ADMIN), ..own.clone() },
    ] {
        assert_eq!(list(other.clone()).await, Err(AuthError::InvalidCursor), "{other:?}");
    }
}

#[tokio::test]
async fn api_4_a_search_that_no_name_could_match_is_refused_before_the_database_sees_it() {
    let app = TestApp::new().await;
    for (search, problem) in [
        ("a\0b".to_owned(), Problem::Characters),
        ("a\u{202e}b".to_owned(), Problem::Characters),
        ("x".repeat(255), Problem::TooLong(254)),
    ] {
        let input = ListInput { search, ..ListInput::default() };
        let verdict = service::list(&app.state, &Caller::operator(), input).await.map(drop);
        assert_eq!(verdict, Err((Field::Search, problem).into()));
    }
}

#[tokio::test]
async fn out_2_however_many_sessions_there_are_all_end_at_once_and_are_counted() {
    const SESSIONS: usize = 4_321;
    let app = TestApp::new().await;
    app.register("anna", PASSWORD).await;
    let (anna, late) = (app.account_id("anna").await, app.now().plus_seconds(60).as_micros());
    let row = |number: usize| format!("('made-up-{number}', {anna}, 'api', 'seed', 0, 0, 0, 0, 0, {late}, {late}, 0)");
    let rows: Vec<_> = (1..SESSIONS).map(row).collect();
    let text = format!(
        "insert into sessions (id, account_id, kind, seed, counter, created_at, authenticated_at, rotated_at, last_seen_at, \
         idle_expires_at, expires_at, is_kept) values {}",
        rows.join(", ")
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connect(&app.database).await).await.unwrap();
    let ended = service::sign_out(&app.state, &Caller::operator(), Whose::Everybody).await.unwrap();
    assert_eq!(usize::try_from(ended).unwrap(), SESSIONS);
    assert_eq!(app.count("select count(*) from sessions where ended_at is null").await, 0);
}
