//! From text to [`Config`]: every value parsed, then held against the rules of its mode.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::thread;

use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::Language;

use super::database_url::absolute;
use super::error::quoted;
use super::settings::{self, Setting};
use super::{
    Algorithm, Config, ConfigError, DefinedRoles, HashingSettings, LimitSettings, Logging, Mode, Origin,
    PasswordSettings, PublicUrl, SecretSource, SessionSettings, SignUp, TokenSettings, TrustedProxies, Values, secret,
};

const NEW_SECRET: &str = "make one with: openssl rand -hex 32";

pub(super) fn resolve(values: &Values, current_dir: &Path) -> Result<Config, ConfigError> {
    let modes = [("development", Mode::Development), ("production", Mode::Production)];
    let mode = choice(values, &settings::ENV, &modes)?;
    let mut resolver = Resolver { values, current_dir, mode, warnings: Vec::new() };
    let trusted_proxies = resolver.trusted_proxies()?;
    let listen = resolver.listen(&trusted_proxies)?;
    let data = absolute(current_dir, Path::new(resolver.text(&settings::DATA)));
    resolver.exposed_files()?;
    Ok(Config {
        listen,
        public_url: resolver.public_url(listen, &trusted_proxies)?,
        trusted_proxies,
        mode,
        database: resolver.database(&data)?,
        pool: resolver.pool()?,
        data,
        secret: resolver.secret()?,
        secret_fallbacks: resolver.secret_fallbacks()?,
        tokens: resolver.tokens()?,
        sessions: resolver.sessions()?,
        sign_up: choice(values, &settings::SIGN_UP, &[("open", SignUp::Open), ("closed", SignUp::Closed)])?,
        language: choice(values, &settings::LANGUAGE, &Language::ALL.map(|language| (language.tag(), language)))?,
        brand: resolver.brand()?,
        password_tokens: choice(values, &settings::PASSWORD_TOKENS, &[("true", true), ("false", false)])?,
        cors_origins: resolver.cors_origins()?,
        docs: match values.get(&settings::DOCS) {
            Some(_) => choice(values, &settings::DOCS, &[("true", true), ("false", false)])?,
            None => mode == Mode::Development,
        },
        roles: resolver.roles()?,
        passwords: resolver.passwords()?,
        limits: resolver.limits()?,
        hashing: resolver.hashing()?,
        logging: Logging {
            filter: resolver.text(&settings::LOG).to_owned(),
            sql: choice(values, &settings::LOG_SQL, &[("true", true), ("false", false)])?,
        },
        warnings: resolver.warnings,
    })
}

pub(super) struct Resolver<'a> {
    pub(super) values: &'a Values,
    pub(super) current_dir: &'a Path,
    mode: Mode,
    pub(super) warnings: Vec<String>,
}

impl Resolver<'_> {
    fn text(&self, setting: &Setting) -> &str {
        self.values.get(setting).unwrap_or_default()
    }

    pub(super) fn number<N>(&self, setting: &Setting, range: RangeInclusive<N>) -> Result<N, ConfigError>
    where
        N: FromStr + PartialOrd + Display,
    {
        let text = self.text(setting);
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            self.values.invalid(setting, format!("must be a whole number from {least} to {most}, not {}", quoted(text)))
        })
    }

    fn trusted_proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let setting = &settings::TRUSTED_PROXIES;
        let parsed = self.values.get(setting).map(TrustedProxies::parse).transpose();
        parsed.map(Option::unwrap_or_default).map_err(|problem| self.values.invalid(setting, problem))
    }

    fn listen(&self, trusted_proxies: &TrustedProxies) -> Result<SocketAddr, ConfigError> {
        let setting = &settings::LISTEN;
        let text = self.text(setting);
        let address: SocketAddr = text.parse().map_err(|_| {
            let problem = format!("must be an IP address and a port, such as 127.0.0.1:3000, not {}", quoted(text));
            self.values.invalid(setting, problem)
        })?;
        if address.ip().to_canonical().is_loopback() {
            return Ok(address);
        }
        let problem = match self.mode {
            Mode::Development => format!(
                "is {address}, but development only listens on this machine (127.0.0.1); set LATCHKEY_ENV=production"
            ),
            Mode::Production if trusted_proxies.is_empty() => format!(
                "is {address}, where Latchkey would speak plain http to everybody; listen on 127.0.0.1 behind a TLS \
                 proxy, or name the proxy's address in LATCHKEY_TRUSTED_PROXIES"
            ),
            Mode::Production => return Ok(address),
        };
        Err(self.values.invalid(setting, problem))
    }

    fn public_url(&mut self, listen: SocketAddr, trusted: &TrustedProxies) -> Result<PublicUrl, ConfigError> {
        let setting = &settings::PUBLIC_URL;
        let url = match self.values.get(setting) {
            Some(text) => PublicUrl::parse(text).map_err(|problem| self.values.invalid(setting, problem))?,
            None => PublicUrl::of_listener(listen),
        };
        if self.mode == Mode::Development {
            // Development accepts weak secrets and common passwords: not behind a proxy that the world can reach.
            let problem = "development serves this machine alone; set LATCHKEY_ENV=production for a public address";
            let is_own = url.is_loopback();
            return if is_own { Ok(url) } else { Err(self.values.invalid(setting, problem.to_owned())) };
        }
        if !url.is_https() && !url.is_loopback() {
            let what = if url.follows_listen() { "is not set" } else { "is plain http" };
            let problem = format!("{what}; production needs the https address that people use");
            return Err(self.values.invalid(setting, problem));
        }
        if url.follows_listen() {
            let origin = url.origin();
            self.warnings.push(format!("LATCHKEY_PUBLIC_URL is not set; browsers can sign in at {origin} only"));
        }
        // https is the work of a proxy, so there is one.
        if url.is_https() && trusted.is_empty() {
            let advice = "LATCHKEY_TRUSTED_PROXIES is not set; everybody will seem to come from the proxy's address";
            self.warnings.push(advice.to_owned());
        }
        Ok(url)
    }

    fn cors_origins(&self) -> Result<Vec<String>, ConfigError> {
        let setting = &settings::CORS_ORIGINS;
        let texts = self.values.get(setting).into_iter().flat_map(|text| text.split(','));
        let origin = |text: &str| {
            let url = PublicUrl::parse(text.trim()).map_err(|problem| format!("{}: {problem}", quoted(text.trim())))?;
            if self.mode == Mode::Production && !url.is_https() && !url.is_loopback() {
                return Err(format!(
                    "has {}; a script that came by plain http may be anybody's: use https",
                    url.origin()
                ));
            }
            Ok(url.origin().to_owned())
        };
        texts.map(origin).collect::<Result<_, _>>().map_err(|problem| self.values.invalid(setting, problem))
    }

    /// A secret that every user of the machine can read is no secret.
    fn exposed_files(&mut self) -> Result<(), ConfigError> {
        for exposure in self.values.exposures() {
            match self.mode {
                Mode::Production => return Err(exposure),
                Mode::Development => self.warnings.push(format!("{exposure}; production would refuse it")),
            }
        }
        Ok(())
    }

    fn secret(&mut self) -> Result<SecretSource, ConfigError> {
        let setting = &settings::SECRET_KEY;
        let Some(text) = self.values.get(setting) else {
            return match self.mode {
                Mode::Development => Ok(SecretSource::Generated),
                Mode::Production => {
                    Err(self.values.invalid(setting, format!("is not set, and production needs it; {NEW_SECRET}")))
                }
            };
        };
        let text = SecretString::from(text);
        self.judge_secret(setting, text.expose_secret())?;
        self.warn_of_flag(setting);
        Ok(SecretSource::Given(text))
    }

    /// Whoever has one of them can sign in as anybody, so they are judged alike. A secret may have commas in it, and then looks
    /// like several: the whole text is believed, too, and of its parts only those that are good by themselves.
    fn secret_fallbacks(&mut self) -> Result<Vec<SecretString>, ConfigError> {
        let setting = &settings::SECRET_KEY_FALLBACKS;
        let Some(whole) = self.values.get(setting).map(SecretString::from) else { return Ok(Vec::new()) };
        self.judge_secret(setting, whole.expose_secret())?;
        let parts = whole.expose_secret().split(',').map(str::trim).filter(|part| *part != whole.expose_secret());
        let mut texts = Vec::new();
        for part in parts {
            // A part may be short because it is half of one secret; an example it is for no such reason.
            if secret::is_example(part) {
                self.judge_secret(setting, part)?;
                continue;
            }
            match secret::weakness(part) {
                None => texts.push(SecretString::from(part)),
                Some(weakness) => self.warnings.push(format!(
                    "{} has a part that {weakness}; it is not believed, only the whole with its commas is",
                    setting.variable
                )),
            }
        }
        self.warn_of_flag(setting);
        texts.push(whole);
        Ok(texts)
    }

    fn judge_secret(&mut self, setting: &Setting, text: &str) -> Result<(), ConfigError> {
        let is_list = setting == &settings::SECRET_KEY_FALLBACKS;
        match (secret::weakness(text), self.mode) {
            (Some(weakness), Mode::Production) if is_list => {
                Err(self.values.invalid(setting, format!("has a secret that {weakness}; it was no good as SECRET_KEY")))
            }
            (Some(weakness), Mode::Production) => {
                Err(self.values.invalid(setting, format!("{weakness}; {NEW_SECRET}")))
            }
            (Some(weakness), Mode::Development) => {
                let what = if is_list { "has a secret that " } else { "" };
                self.warnings.push(format!("{} {what}{weakness}; production would refuse it", setting.variable));
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    pub(super) fn warn_of_flag(&mut self, setting: &Setting) {
        if self.values.origin(setting) == Origin::Flag {
            self.warnings.push(format!("{} shows in the process list; set {} instead", setting.flag, setting.variable));
        }
    }

    fn tokens(&mut self) -> Result<TokenSettings, ConfigError> {
        let algorithms = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256, Algorithm::Hs256];
        let algorithms = algorithms.map(|algorithm| (algorithm.as_str(), algorithm));
        let access_minutes = self.number(&settings::ACCESS_MINUTES, 1..=60)?;
        if access_minutes > 15 {
            self.warnings.push(format!(
                "ACCESS_TOKEN_EXPIRE_MINUTES is {access_minutes}: a stolen access token works that long; 15 or less is advised"
            ));
        }
        Ok(TokenSettings {
            algorithm: choice(self.values, &settings::ALGORITHM, &algorithms)?,
            access_minutes,
            refresh_grace_seconds: self.number(&settings::REFRESH_GRACE, 0..=60)?,
        })
    }

    fn sessions(&self) -> Result<SessionSettings, ConfigError> {
        let (hour, day) = (60 * 60, 24 * 60 * 60);
        let hours: i64 = self.number(&settings::SESSION_IDLE_HOURS, 1..=720)?;
        // That a browser is used shows only when its access token is renewed.
        let access_minutes: i64 = self.number(&settings::ACCESS_MINUTES, 1..=60)?;
        if hours * 60 < 2 * access_minutes {
            let problem = format!(
                "is {hours}, but access tokens live {access_minutes} minutes and a browser in use shows only when one is \
                 renewed; give at least twice that time, or set ACCESS_TOKEN_EXPIRE_MINUTES to {} or less",
                hours * 30
            );
            return Err(self.values.invalid(&settings::SESSION_IDLE_HOURS, problem));
        }
        Ok(SessionSettings {
            browser_idle_seconds: hours * hour,
            kept_idle_seconds: self.number(&settings::SESSION_KEPT_DAYS, 1..=90)? * day,
            api_idle_seconds: self.number(&settings::SESSION_API_DAYS, 1..=90)? * day,
            max_seconds: self.number(&settings::SESSION_MAX_DAYS, 1..=365)? * day,
        })
    }

    fn roles(&self) -> Result<DefinedRoles, ConfigError> {
        let setting = &settings::ROLES;
        let parsed = self.values.get(setting).map(DefinedRoles::parse).transpose();
        parsed.map(Option::unwrap_or_default).map_err(|problem| self.values.invalid(setting, problem))
    }

    fn passwords(&mut self) -> Result<PasswordSettings, ConfigError> {
        let min_length = self.number(&settings::PASSWORD_MIN_LENGTH, 8..=64)?;
        // NIST SP 800-63B-4 §3.1.1.2: 15 characters where the password is the only factor.
        if self.mode == Mode::Production && min_length < 15 {
            self.warnings
                .push(format!("LATCHKEY_PASSWORD_MIN_LENGTH is {min_length}; 15 or more is advised in production"));
        }
        Ok(PasswordSettings { min_length })
    }

    fn limits(&self) -> Result<LimitSettings, ConfigError> {
        Ok(LimitSettings {
            sign_in_attempts: self.number(&settings::SIGN_IN_ATTEMPTS, 3..=50)?,
            source_attempts: self.number(&settings::SOURCE_ATTEMPTS, 5..=100_000)?,
        })
    }

    fn hashing(&self) -> Result<HashingSettings, ConfigError> {
        let permits = match self.values.get(&settings::HASH_PERMITS) {
            Some(_) => self.number(&settings::HASH_PERMITS, 1..=64)?,
            None => thread::available_parallelism().map_or(1, |cores| cores.get().min(64)),
        };
        Ok(HashingSettings {
            memory_kib: self.number(&settings::HASH_MEMORY_KIB, 19_456..=1_048_576)?,
            iterations: self.number(&settings::HASH_ITERATIONS, 2..=16)?,
            permits,
        })
    }
}

pub(super) fn choice<T: Copy>(values: &Values, setting: &Setting, choices: &[(&str, T)]) -> Result<T, ConfigError> {
    let text = values.get(setting).unwrap_or_default();
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(*choice);
    }
    let hint = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    let hint = hint.map(|(name, _)| format!("; did you mean {name}?")).unwrap_or_default();
    let names = choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    Err(values.invalid(setting, format!("must be one of {names}, not {}{hint}", quoted(text))))
}
