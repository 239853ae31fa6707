//! What `latchkey keys` takes.

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Subcommand};

use super::examples;

/// A command of `latchkey keys`. KID is a key's name, as `list` and the tokens' headers have it.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys, what each is good for, and until when
    ///
    /// next: published, signs later. signing. spare: may sign, but a newer one does. verifying: signs no more, its tokens are
    /// believed. expired: no token of it is left. revoked: none of its tokens is believed.
    #[command(after_help = examples("latchkey keys list"))]
    List {
        /// Print one JSON object a line, times in RFC 3339 (UTC)
        #[arg(long)]
        json: bool,
    },
    /// Show what other services verify a key's tokens with (JWK)
    #[command(after_help = examples("latchkey keys show KID"))]
    Show {
        /// The key's name; one that begins with - stands behind --
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        kid: String,
        /// Show the secret of an HS256 key; whoever has it can sign tokens, too
        #[arg(long)]
        secret: bool,
    },
    /// Make a new key; it signs in 15 minutes, when everybody has it
    ///
    /// It is published at once. The present key signs until then, and its tokens are believed until they end: nobody notices.
    #[command(after_help = examples("latchkey keys rotate"))]
    Rotate {
        /// Let it sign in 5 seconds: services that keep a copy of the keys may refuse its tokens for up to 5 minutes
        #[arg(long)]
        now: bool,
    },
    /// Let a key sign no more; its tokens are believed until they end
    ///
    /// When it is the key that signs, a new one takes its place within 5 seconds; or the next one when it begins, if one waits.
    #[command(after_help = examples("latchkey keys retire KID"))]
    Retire {
        /// The key's name; one that begins with - stands behind --
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        kid: String,
    },
    /// Emergency: refuse every token of a key, or of all keys, within 5 seconds
    ///
    /// For a key that somebody else may have. When it is the key that signs, a new one signs at once. Nobody loses their session:
    /// browsers and API clients renew their access tokens by themselves. There is no way back.
    #[command(
        after_help = examples("latchkey keys revoke KID\n  latchkey keys revoke --all"),
        group(ArgGroup::new("which").args(["kid", "all"]).required(true))
    )]
    Revoke {
        /// The key's name; one that begins with - stands behind --
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        kid: Option<String>,
        /// Every key that there is, of all algorithms; a new one signs at once
        #[arg(long)]
        all: bool,
    },
}
