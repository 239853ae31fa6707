//! Who may do what (AUZ-1): every operation of the API, every server function and every other route, each by everybody.
//!
//! The rows are made from what there is: the OpenAPI document, the registry of server functions, the routers' sources. What
//! has no row fails, and so does a row of what is not there any more. A refusal changes nothing; what is granted changes
//! nothing of anybody else.

mod api;
mod browser;
mod routes;

use serde_json::Value;

use crate::support::{ApiClient, Browser, Door, Dump, TestApp};

const PASSWORD: &str = "canary-Matrix-Kx7-pw";
const NEW_PASSWORD: &str = "canary-Matrix-new-Kx7-pw";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    /// Nobody: no token, no cookie.
    Anonymous,
    User,
    Other,
    /// Disabled, with tokens from before.
    Disabled,
    /// The only administrator.
    Admin,
}

use Actor::{Admin, Anonymous, Disabled, Other, User};

/// In this order, because administrators change what others are.
const ACTORS: [Actor; 5] = [Anonymous, User, Other, Disabled, Admin];

impl Actor {
    const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "stranger",
            Self::User => "user",
            Self::Other => "other",
            Self::Disabled => "disabled",
            Self::Admin => "boss",
        }
    }
}

/// A house with all of them in it. The tokens are from before one was disabled and one was made administrator.
struct World<'a> {
    app: &'a TestApp,
    clients: Vec<ApiClient<'a>>,
    browsers: Vec<Browser<'a>>,
    ids: Vec<i64>,
}

impl<'a> World<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let (mut clients, mut browsers, mut ids) = (vec![app.api()], vec![app.browser(Door::Form)], vec![0]);
        for actor in &ACTORS[1..] {
            browsers.push(app.register(actor.name(), PASSWORD).await);
            clients.push(app.api_as(actor.name(), PASSWORD).await);
            ids.push(app.account_id(actor.name()).await);
        }
        app.sql(
            "insert into account_roles (account_id, role) select id, 'admin' from accounts where username = 'boss'",
        )
        .await;
        app.sql("update accounts set is_active = 0 where username = 'disabled'").await;
        app.sql(
            "update sessions set ended_at = 1800000000000000, end_reason = 'disabled' \
             where account_id = (select id from accounts where username = 'disabled')",
        )
        .await;
        Self { app, clients, browsers, ids }
    }

    fn client(&self, actor: Actor) -> &ApiClient<'a> {
        &self.clients[place(actor)]
    }

    fn browser(&self, actor: Actor) -> &Browser<'a> {
        &self.browsers[place(actor)]
    }

    fn id(&self, actor: Actor) -> i64 {
        self.ids[place(actor)]
    }

    /// After something that `actor` did, or was refused: whose rows have changed is among `theirs`.
    async fn only_touched(&self, before: &Dump, was_granted: bool, theirs: &[Actor], what: &str) {
        let after = self.app.dump().await;
        if !was_granted {
            assert_eq!(after.differs(before), Vec::<String>::new(), "{what} was refused");
        }
        for actor in ACTORS[1..].iter().filter(|actor| !theirs.contains(actor)) {
            let (before, after) = (before.about(self.id(*actor)), after.about(self.id(*actor)));
            assert_eq!(after.differs(&before), Vec::<String>::new(), "{what} changed something of {actor:?}");
        }
    }
}

fn place(actor: Actor) -> usize {
    ACTORS.iter().position(|other| *other == actor).unwrap()
}

/// What the two lists do not share, in words.
fn compare(what: &str, there: &[String], known: &[String]) {
    let missing = |list: &[String], other: &[String]| {
        list.iter().filter(|name| !other.contains(name)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(missing(there, known), Vec::<String>::new(), "{what} without a row in the matrix (AUZ-1)");
    assert_eq!(missing(known, there), Vec::<String>::new(), "rows of the matrix whose {what} are not there");
}

fn body_of(value: Value) -> Option<Value> {
    (!value.is_null()).then_some(value)
}
