//! A stretch of network that can be made slow, or lose all that it is given.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use std::{mem, thread};

#[derive(Default)]
struct Weather {
    swallows: AtomicBool,
    age: AtomicU64,
    delay_millis: AtomicU64,
    greeting_millis: AtomicU64,
}

/// Between the server and its database. Its threads end with the test's process.
pub struct Proxy {
    port: u16,
    weather: Arc<Weather>,
}

impl Proxy {
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let weather = Arc::new(Weather::default());
        let shared = Arc::clone(&weather);
        thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                for stream in [&near, &far] {
                    stream.set_nodelay(true).unwrap();
                }
                for (from, to, greets) in [(near.try_clone(), far.try_clone(), false), (Ok(far), Ok(near), true)] {
                    let weather = Arc::clone(&shared);
                    thread::spawn(move || carry(from.unwrap(), to.unwrap(), greets, &weather));
                }
            }
        });
        Self { port, weather }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What comes now never arrives, and the connections that were there stay dead for ever after.
    pub fn swallow(&self, does: bool) {
        self.weather.swallows.store(does, Ordering::SeqCst);
    }

    /// The connections that are there now are dead from here on, and nobody is told; new ones are fine.
    pub fn forget(&self) {
        self.weather.age.fetch_add(1, Ordering::SeqCst);
    }

    /// The database takes so long before it says its first word to a new connection.
    pub fn greet_after(&self, delay: Duration) {
        self.weather.greeting_millis.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// All that is said arrives so much later.
    pub fn delay(&self, delay: Duration) {
        self.weather.delay_millis.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, greets: bool, weather: &Weather) {
    let mut bytes = [0; 16 * 1024];
    let mut greeting = if greets { weather.greeting_millis.load(Ordering::SeqCst) } else { 0 };
    let (mut is_dead, born) = (false, weather.age.load(Ordering::SeqCst));
    loop {
        let count = match from.read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(count) => count,
        };
        is_dead |= weather.swallows.load(Ordering::SeqCst) || weather.age.load(Ordering::SeqCst) != born;
        if is_dead {
            continue;
        }
        let delay = mem::take(&mut greeting) + weather.delay_millis.load(Ordering::SeqCst);
        thread::sleep(Duration::from_millis(delay));
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    // A dead network does not tell either side that the other has gone.
    if !is_dead {
        let _ = to.shutdown(Shutdown::Both);
    }
}
