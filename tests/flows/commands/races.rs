//! Processes at the same moment.

use std::process::Stdio;

use super::{LAST_ADMIN, PASSWORD, count, folder, names, say};
use crate::support::binary::{complaints, finish, latchkey, start};
use crate::support::rounds;

#[test]
fn auz_4_of_two_administrators_who_are_removed_at_the_same_moment_one_stays() {
    let folder = folder();
    for name in ["anna", "boris"] {
        say(&folder, &format!("user add {name} {name}@example.com --role admin"));
    }
    let ways = ["user revoke NAME admin", "user disable NAME", "user delete NAME --yes"];
    for round in 0..rounds(100) {
        let one_each = [("anna", ways[round % 3]), ("boris", ways[round / 3 % 3])];
        let both = one_each.map(|(name, way)| {
            let mut command = latchkey(folder.path());
            let command = command.args(way.replace("NAME", name).split(' ').map(str::to_owned));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        });
        let outputs = both.map(|child| child.wait_with_output().unwrap());
        let refused: Vec<_> = outputs.iter().filter(|output| !output.status.success()).collect();
        assert_eq!(refused.len(), 1, "{outputs:?}");
        assert!(String::from_utf8_lossy(&refused[0].stderr).contains(LAST_ADMIN), "{outputs:?}");
        assert_eq!(names(&folder, "--role admin --active").len(), 1);
        for name in ["anna", "boris"] {
            // Whichever of the two was removed, and in whichever way: as at the beginning.
            let _ = finish(latchkey(folder.path()).args(["user", "add", name, &format!("{name}@example.com")]), "");
            say(&folder, &format!("user grant {name} admin"));
            say(&folder, &format!("user enable {name}"));
        }
    }
}

#[test]
fn many_first_starts_at_once_all_succeed() {
    for _ in 0..rounds(50) {
        let folder = folder();
        let adding: Vec<_> = (0..4)
            .map(|n| {
                let mut command = latchkey(folder.path());
                command.args(["user", "add", &format!("user-{n}"), &format!("user-{n}@example.com")]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let server = start(folder.path(), &[]);
        for child in adding {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success() && complaints(&output.stderr).is_empty(), "{output:?}");
        }
        let cookies = server.register("visitor", PASSWORD);
        assert_eq!(server.get("/profile", &cookies), 200);
        assert_eq!(names(&folder, "").len(), 5);
        assert_eq!(count(&folder, "select count(*) from signing_keys"), 1);
    }
}
