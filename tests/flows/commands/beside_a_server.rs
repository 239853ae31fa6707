//! What a command changes holds from the server's next request on.

use super::{PASSWORD, count, folder, say, show};
use crate::support::binary::start;

#[test]
fn auz_3_and_jwt_6_what_a_command_changes_holds_from_the_server_s_next_request_on() {
    let folder = folder();
    say(&folder, "user add admin admin@example.com --role admin");
    let server = start(folder.path(), &[]);
    for (line, reason, may_sign_in) in [
        ("user disable boris", "disabled", false),
        ("user revoke boris admin", "role_revoked", true),
        ("user sign-out boris", "ended_by_admin", true),
        ("user sign-out --all", "ended_by_admin", true),
        ("user delete boris --yes", "", false),
    ] {
        let cookies = server.register("boris", PASSWORD);
        say(&folder, "user grant boris admin");
        assert_eq!(server.get("/profile", &cookies), 303, "SES-2: who becomes an administrator signs in anew");
        let cookies = server.post("/login", &[("username", "boris"), ("password", PASSWORD)]).1.join("; ");
        assert_eq!(server.get("/profile", &cookies), 200);
        let session = &show(&folder, "boris")["sessions"][0];
        assert_eq!((&session["kind"], &session["address"]), (&"browser".into(), &"127.0.0.1".into()));
        assert_eq!(session["id"].as_str().unwrap().len(), 8);
        say(&folder, line);
        assert_eq!(server.get("/profile", &cookies), 303, "{line}");
        let signed_in = server.post("/login", &[("username", "boris"), ("password", PASSWORD)]).0 == 303;
        assert_eq!(signed_in, may_sign_in, "{line}");
        if !reason.is_empty() {
            let query = "select count(*) from sessions where end_reason = '";
            assert_eq!(count(&folder, &format!("{query}{reason}'")), 1, "{line}");
            say(&folder, "user delete boris --yes");
        }
        assert_eq!(count(&folder, "select count(*) from sessions"), 0, "{line}");
    }
}

#[test]
fn out_2_a_command_ends_all_sessions_of_one_account_and_says_how_many() {
    let folder = folder();
    let server = start(folder.path(), &[]);
    let mut browsers = vec![server.register("anna", PASSWORD)];
    for _ in 0..4 {
        browsers.push(server.post("/login", &[("username", "anna"), ("password", PASSWORD)]).1.join("; "));
    }
    let other = server.register("boris", PASSWORD);
    assert_eq!(say(&folder, "user sign-out anna"), "5 sessions ended\n");
    assert!(browsers.iter().all(|cookies| server.get("/profile", cookies) == 303));
    assert_eq!(server.get("/profile", &other), 200);
    assert_eq!(say(&folder, "user sign-out --all"), "1 session ended\n");
    assert_eq!(server.get("/profile", &other), 303);
}
