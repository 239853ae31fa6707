//! Acceptance: once round all kinds of database, and nobody is signed out.

use std::time::Instant;

use serde_json::json;

use super::{PASSWORD, Place, assert_same, done, fill, post, sign_in};
use crate::support::{Kind, all_kinds, figure};

/// How many accounts go round; `COPY_ACCOUNTS=100000` once.
#[expect(clippy::disallowed_methods, reason = "not a setting of the program: said to the tests")]
fn accounts() -> usize {
    std::env::var("COPY_ACCOUNTS").map_or(2_000, |count| count.parse().unwrap())
}

#[test]
fn dat_5_a_database_goes_round_all_kinds_identical_and_nobody_is_signed_out() {
    let mut here = Place::new(Kind::Sqlite);
    let server = here.serve(None);
    // A session's tokens name their issuer: every server has the first one's address.
    let address = server.url.trim_start_matches("http://").to_owned();
    let cookies = server.register("traveller", PASSWORD);
    let mut refresh = sign_in(&server, "traveller");
    server.terminate();
    fill(&here, accounts());
    let kinds = all_kinds();
    for kind in kinds.into_iter().skip(1).chain([Kind::Sqlite]) {
        let next = Place::new(kind);
        let begin = Instant::now();
        let said = done(&mut here.copy_to(&next));
        figure(&format!("{kind:?}: {} accounts copied and compared in {:.1?}", accounts() + 1, begin.elapsed()));
        let accounts = format!("holds {} accounts, compared row by row\n", accounts() + 1);
        assert!(
            said.starts_with("TABLE ") && said.contains("signing_keys    1 ") && said.contains(&accounts),
            "{said}"
        );
        assert_same(&here, &next);
        let server = next.serve(Some(&address));
        assert_eq!(server.get("/profile", &cookies), 200, "{kind:?}: the browser's session lives on");
        let (status, body) = post(&server, "/refresh", &json!({"refresh_token": refresh}));
        assert_eq!(status, 200, "{kind:?}: {body}");
        refresh = body["refresh_token"].as_str().unwrap().to_owned();
        sign_in(&server, "traveller");
        server.register(&format!("met-{kind:?}"), PASSWORD);
        server.terminate();
        next.sql(&["delete from accounts where username like 'met-%'"]);
        here = next;
    }
}
