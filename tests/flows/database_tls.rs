//! The way to a database server: its certificate is checked, and nothing less is taken in its place.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::binary::{WORLD, finish, latchkey, refusal};
use crate::support::{Kind, certificate_authority};

const SECRET: &str = "3f6c1d0be2a94758a0c4e19b7d52f86e90b1c7a4d6e8f2035b9ad41c7e60f3d8";

/// Hands everything on to the server at `upstream`, from a port at an address that its certificate does not name.
fn detour(upstream: String) -> String {
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&upstream).unwrap());
            let (mut answers, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut answers, &mut to_client));
            let _ = io::copy(&mut client, &mut server);
        }
    });
    address
}

#[test]
fn a_server_proves_who_it_is_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Some(ca) = certificate_authority() else { return };
    let (stranger, key) = (folder.path().join("stranger.pem"), folder.path().join("key.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=stranger", "-out"])
        .arg(&stranger)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    for kind in [Kind::Postgres, Kind::MariaDb].into_iter().filter(|kind| kind.is_here()) {
        let url = kind.database(folder.path());
        let (before, rest) = url.split_once('@').unwrap();
        let (address, name) = rest.split_once('/').unwrap();
        let with = |address: &str, settings: &[(&str, &str)]| {
            let mut command = latchkey(folder.path());
            command.env("DATABASE_URL", format!("{before}@{address}/{name}")).env("SECRET_KEY", SECRET);
            command.envs(settings.iter().copied()).arg("migrate");
            command
        };
        let (ours, other) = ([("LATCHKEY_DATABASE_CA", &*ca)], [("LATCHKEY_DATABASE_CA", stranger.to_str().unwrap())]);
        for address in [address.to_owned(), address.replace("127.0.0.1", "localhost")] {
            // To name the authority is enough to have it asked for, on this machine too.
            let output = finish(&mut with(&address, &ours), "");
            assert!(output.status.success(), "{address}: {output:?}");
            for settings in [&[("LATCHKEY_DATABASE_TLS", "verify")], &other] {
                let refused = refusal(&mut with(&address, settings), WORLD);
                assert!(refused.contains("check its certificate"), "{address}: {refused}");
            }
        }
        let missing = folder.path().join("missing.pem");
        for (file, problem) in [(key.as_path(), "it holds no certificate"), (&missing, "missing.pem")] {
            let settings = [("LATCHKEY_DATABASE_CA", file.to_str().unwrap())];
            let refused = refusal(&mut with(address, &settings), WORLD);
            assert!(refused.contains(problem) && refused.contains("LATCHKEY_DATABASE_CA"), "{refused}");
        }
        let refused = refusal(&mut with(&detour(address.to_owned()), &ours), WORLD);
        assert!(refused.contains("check its certificate"), "the certificate is for another name: {refused}");
    }
}

/// Somebody on the way says that there is no TLS, and waits for the password.
#[test]
fn who_says_that_there_is_no_tls_gets_nothing_but_the_question() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thief = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut question = [0; 8];
        stream.read_exact(&mut question).unwrap();
        stream.write_all(b"N").unwrap();
        let mut more = Vec::new();
        let _ = stream.read_to_end(&mut more);
        (question, more)
    });
    let mut command = latchkey(folder.path());
    command.env("DATABASE_URL", format!("postgres://anna:hush-canary@{address}/accounts?sslmode=verify-full"));
    // What PostgreSQL's own clients would read has no say.
    command.envs([("PGSSLMODE", "disable"), ("PGHOST", "127.0.0.1"), ("PGUSER", "mallory")]);
    command.env("SECRET_KEY", SECRET);
    let refused = refusal(command.arg("migrate"), WORLD);
    assert!(refused.contains("TLS"), "{refused}");
    let (question, more) = thief.join().unwrap();
    // An SSLRequest: eight bytes long, and the number 80877103.
    assert_eq!(question, [0, 0, 0, 8, 4, 210, 22, 47]);
    assert_eq!(more, b"", "nothing was sent in the clear");
}
