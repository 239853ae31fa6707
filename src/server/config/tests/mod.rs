//! A made-up world for the settings to be read from, and the tests of what comes out.

mod layers;
mod modes;
mod refusals;

use std::ffi::OsString;
use std::fs;

use tempfile::TempDir;

use super::{Config, Values};
use crate::server::commands::command_line::{self, Asked};

const GOOD_SECRET: &str = "3f6c1d0be2a94758a0c4e19b7d52f86e90b1c7a4d6e8f2035b9ad41c7e60f3d8";

/// A folder with files, an environment and flags.
struct World {
    folder: TempDir,
    environment: Vec<(OsString, OsString)>,
    flags: Vec<OsString>,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new(), flags: vec!["latchkey".into()] }
    }

    fn production() -> Self {
        Self::new()
            .variable("LATCHKEY_ENV", "production")
            .variable("SECRET_KEY", GOOD_SECRET)
            .variable("LATCHKEY_PUBLIC_URL", "https://accounts.example.com")
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(OsString::from));
        self
    }

    fn load(&self) -> Result<(Config, Values), String> {
        let flags = match command_line::parse(self.flags.clone()) {
            Ok(Asked::Run(_, flags)) => flags,
            Ok(Asked::Print(text)) => panic!("printed {text}"),
            Err(error) => return Err(error.to_string()),
        };
        let loaded = Config::load(flags, self.environment.clone(), self.folder.path());
        Ok((*loaded.config.map_err(|error| error.to_string())?, loaded.values))
    }

    fn config(&self) -> Config {
        self.load().unwrap().0
    }

    fn error(&self) -> String {
        let error = self.load().expect_err("the settings were accepted");
        assert!(!error.contains('\n'), "more than one line: {error}");
        error
    }

    /// Checks the refusal's words, and that "hush", which stands for a secret, is not among them.
    fn refuses(&self, words: &str) {
        let error = self.error();
        assert!(error.contains(words), "{error:?} should contain {words:?}");
        assert!(!error.contains("hush"), "the secret is in {error:?}");
    }
}
