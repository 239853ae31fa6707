//! `latchkey health`: asks the server of these settings whether it can work. Containers hold no other program that could.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::Failure;
use super::output::Output;
use crate::paths;
use crate::server::config::Config;

/// For each step: a server that needs longer is of no use to anybody.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn ask(config: &Config, mut output: Output) -> Result<(), Failure> {
    let server = reachable(config.listen);
    if server.port() == 0 {
        return Err(Failure::usage("LATCHKEY_LISTEN has port 0, and nobody knows which one it took; name the port"));
    }
    match status(server) {
        Ok(status) if status == "200" => {
            output.line(&format!("Latchkey at {server} can work"))?;
            Ok(output.end()?)
        }
        Ok(status) if status == "503" => {
            Err(Failure::refused(format!("Latchkey at {server} cannot work now; its log says why")))
        }
        Ok(_) => Err(Failure::refused(format!("what listens at {server} does not answer as Latchkey does"))),
        Err(error) => Err(Failure::refused(format!("nothing answers at {server}: {error}"))),
    }
}

/// Who listens at every address listens at this machine's own, too.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    listen
}

/// The three digits of the answer; other text when it is no answer.
fn status(server: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let path = paths::api::READINESS;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\r\n")?;
    let mut line = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut line)?;
    let line = String::from_utf8_lossy(&line);
    Ok(line.strip_prefix("HTTP/1.1 ").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
        for (listen, expected) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("10.1.2.3:80", "10.1.2.3:80"),
            ("127.0.0.1:1", "127.0.0.1:1"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), expected);
        }
    }
}
