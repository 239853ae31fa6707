//! The rules of administration, called as every door will call them.

use axum::http::HeaderMap;
use futures_util::future::join_all;
use latchkey::domain::{AuthError, Role};
use latchkey::server::accounts::creation::NewAccountFields;
use latchkey::server::accounts::service::{self, ListInput, Whose};
use latchkey::server::caller::Caller;
use latchkey::server::store::AccountFilter;

use crate::support::{TestApp, Verdict, log_contains};

const PASSWORD: &str = "canary-Admin-Kx7-pw";

/// Somebody signed in, as the doors see them.
async fn signed_in(app: &TestApp, name: &str) -> Caller {
    app.register(name, PASSWORD).await;
    caller(app, name).await
}

async fn caller(app: &TestApp, name: &str) -> Caller {
    let details = service::show(&app.state, &Caller::operator(), name).await.unwrap();
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

/// Every function of the service, tried at the account "target".
async fn verdicts(app: &TestApp, caller: &Caller) -> Vec<(&'static str, Result<(), AuthError>)> {
    let state = &app.state;
    vec![
        ("list", service::list(state, caller, ListInput::default()).await.map(drop)),
        ("show", service::show(state, caller, "target").await.map(drop)),
        ("grant", service::grant(state, caller, ("target", Role::Admin)).await.map(drop)),
        ("revoke", service::revoke(state, caller, ("target", Role::Admin)).await.map(drop)),
        ("disable", service::set_active(state, caller, ("target", false)).await.map(drop)),
        ("enable", service::set_active(state, caller, ("target", true)).await.map(drop)),
        ("sign out", service::sign_out(state, caller, Whose::Account("target")).await.map(drop)),
        ("delete", service::delete(state, caller, "target").await.map(drop)),
        ("add", service::add(state, caller, fields("target", Some(Role::Admin))).await.map(drop)),
    ]
}

#[tokio::test]
async fn auz_1_nobody_but_the_operator_and_administrators_administers() {
    let app = TestApp::new().await;
    let nobody = Caller::anonymous(None, &HeaderMap::new(), &app.state.config.trusted_proxies);
    let visitor = signed_in(&app, "visitor").await;
    service::add(&app.state, &Caller::operator(), fields("target", None)).await.unwrap();
    let before = app.text("select group_concat(username || is_active || updated_at) from accounts").await;
    for (caller, refusal) in [(&nobody, AuthError::Unauthenticated), (&visitor, AuthError::Forbidden)] {
        for (name, verdict) in verdicts(&app, caller).await {
            assert_eq!(verdict, Err(refusal.clone()), "{name}");
        }
        let all = service::sign_out(&app.state, caller, Whose::Everybody).await.map(drop);
        assert_eq!(all, Err(refusal));
    }
    assert_eq!(app.text("select group_concat(username || is_active || updated_at) from accounts").await, before);
    assert_eq!(app.count("select count(*) from sessions where ended_at is not null").await, 0);
    assert_eq!(app.count("select count(*) from account_roles").await, 0);

    service::grant(&app.state, &Caller::operator(), ("visitor", Role::Admin)).await.unwrap();
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
            service::add(&app.state, &Caller::operator(), fields(name, Some(Role::Admin))).await.unwrap();
        }
        let operator = Caller::operator();
        let demotions = names.iter().enumerate().map(async |(number, name)| match (number + round) % 3 {
            0 => service::revoke(&app.state, &operator, (name, Role::Admin)).await.map(drop),
            1 => service::set_active(&app.state, &operator, (name, false)).await.map(drop),
            _ => service::delete(&app.state, &operator, name).await.map(drop),
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
    service::grant(&app.state, &Caller::operator(), ("anna", Role::Admin)).await.unwrap();
    let yes = [("current_password", PASSWORD), ("confirm", "yes")];
    assert_eq!(anna.submit("deletion", &yes).await.verdict(), Verdict::Refused(AuthError::LastAdmin));
    service::add(&app.state, &Caller::operator(), fields("boris", Some(Role::Admin))).await.unwrap();
    assert_eq!(anna.submit("deletion", &yes).await.verdict(), Verdict::goes_to("/login"));
}

#[tokio::test]
async fn twelve_hundred_accounts_are_listed_page_by_page_none_twice_none_left_out() {
    let app = TestApp::new().await;
    let insert = "with recursive n(x) as (select 1 union all select x + 1 from n where x < 1200) \
                  insert into accounts select x, x || '@example.com', x || '@example.com', 'user-' || x, 'user-' || x, \
                  null, null, '!', x % 2, 0, 0, 0, null from n";
    assert_eq!(app.sql(insert).await, 1200);
    app.sql("insert into account_roles select id, 'admin' from accounts where id % 400 = 0").await;
    for (filter, expected) in [
        (AccountFilter::default(), 1200),
        (AccountFilter { is_active: Some(true), ..AccountFilter::default() }, 600),
        (AccountFilter { role: Some(Role::Admin), ..AccountFilter::default() }, 3),
        (AccountFilter { prefix: "user-11".to_owned(), ..AccountFilter::default() }, 111),
    ] {
        let (mut names, mut input) = (Vec::new(), ListInput { filter, after: String::new() });
        loop {
            let page = service::list(&app.state, &Caller::operator(), input.clone()).await.unwrap();
            assert!(page.accounts.len() <= 500);
            names.extend(page.accounts.into_iter().map(|account| account.username));
            match page.next {
                Some(next) => input.after = next,
                None => break,
            }
        }
        assert_eq!(names.len(), expected);
        assert!(names.is_sorted_by(|one, other| one < other));
    }
}
