//! Puts the site folder (styles, WASM, images) and what we take from npm packages into the release binary: every file under a
//! name that carries a hash of its bytes, pressed with brotli and gzip. `server/site.rs` includes the tables that are written here.
//!
//! Other profiles get an empty table and read the files at run time: a test must not wait for a new front end, and
//! `cargo leptos watch` shows what was edited.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "ssr")]
    embed::main()?;
    Ok(())
}

#[cfg(feature = "ssr")]
mod embed {
    use std::error::Error;
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::{env, fs, io};

    use flate2::write::GzEncoder;
    use sha2::{Digest as _, Sha256};

    /// Of the hash, as many bytes as keep two versions of a file apart.
    const HASH_BYTES: usize = 8;
    /// What cargo-leptos has pressed is pressed anew, and nobody's browser reads TypeScript.
    const LEFT_OUT: [&str; 3] = ["br", "gz", "ts"];
    /// What the pages about the API are made with: where it is served, and the file that `package-lock.json` pins.
    const PACKAGED: [(&str, &str); 3] = [
        ("/pkg/redoc.js", "node_modules/redoc/bundles/redoc.standalone.js"),
        ("/pkg/swagger-ui.css", "node_modules/swagger-ui-dist/swagger-ui.css"),
        ("/pkg/swagger-ui.js", "node_modules/swagger-ui-dist/swagger-ui-bundle.js"),
    ];
    /// Who made them wants to be named in every copy: the licences of a package, and the notices of what is in its bundle.
    const NOTICES: [(&str, &[&str]); 2] = [
        (
            "/pkg/redoc.js",
            &["node_modules/redoc/LICENSE", "node_modules/redoc/bundles/redoc.standalone.js.LICENSE.txt"],
        ),
        (
            "/pkg/swagger-ui.js",
            &[
                "node_modules/swagger-ui-dist/LICENSE",
                "node_modules/swagger-ui-dist/NOTICE",
                "node_modules/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
            ],
        ),
    ];

    type Press = fn(&[u8]) -> io::Result<Vec<u8>>;

    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]
    pub fn main() -> Result<(), Box<dyn Error>> {
        println!("cargo::rerun-if-env-changed=LEPTOS_SITE_ROOT");
        let variable = |name: &str| env::var_os(name).ok_or_else(|| format!("cargo sets {name}"));
        let out = PathBuf::from(variable("OUT_DIR")?);
        let is_release = variable("PROFILE")? == "release";
        let mut table = String::from("&[\n");
        if is_release {
            let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
            let site = root.join(env::var_os("LEPTOS_SITE_ROOT").unwrap_or_else(|| "target/site".into()));
            embed(&site, &out, &mut table)?;
            embed_packaged(&root, &out, &mut table)?;
        }
        table.push(']');
        fs::write(out.join("site.rs"), table)?;
        let packaged = if is_release { &[] } else { &PACKAGED[..] };
        Ok(fs::write(out.join("packaged.rs"), format!("&{packaged:?}"))?)
    }

    fn embed(site: &Path, out: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
        println!("cargo::rerun-if-changed={}", site.display());
        let files = if site.exists() { files_below(site)? } else { Vec::new() };
        if !files.iter().any(|file| file.extension().is_some_and(|extension| extension == "wasm")) {
            let folder = site.display();
            return Err(format!("no WASM in {folder} to embed; build with: cargo leptos build --release").into());
        }
        for file in &files {
            let name = file.strip_prefix(site)?.to_str().ok_or("names of files are UTF-8")?;
            let (stem, extension) = plain_name(name).ok_or("files of the site have an extension")?;
            write_entry(table, &fs::read(file)?, &format!("/{stem}.{extension}"), out)?;
        }
        Ok(())
    }

    fn embed_packaged(root: &Path, out: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
        for (path, name) in PACKAGED {
            println!("cargo::rerun-if-changed={name}");
            let read =
                |name| fs::read(root.join(name)).map_err(|error| format!("{name} ({error}); fetch it with: npm ci"));
            let mut bytes = read(name)?;
            for notice in NOTICES.iter().filter(|(of, _)| *of == path).flat_map(|(_, notices)| *notices) {
                bytes.extend(comment(&read(notice)?)?);
            }
            write_entry(table, &bytes, path, out)?;
        }
        Ok(())
    }

    /// All files that a page can ask for, sorted, so that the same site gives the same table. A name with a dot in front is
    /// something that an editor or a person left lying about.
    fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let left_out = path.extension().is_some_and(|extension| LEFT_OUT.iter().any(|left| extension == *left));
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            } else if path.is_dir() {
                files.extend(files_below(&path)?);
            } else if !left_out {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// The file as it is can be had from its gzip form, so that a large one is not in the binary three times.
    fn write_entry(table: &mut String, bytes: &[u8], path: &str, out: &Path) -> Result<(), Box<dyn Error>> {
        let hash: String = Sha256::digest(bytes).iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let (stem, extension) = path.rsplit_once('.').ok_or("served files have an extension")?;
        write!(table, "    Embedded {{ path: {path:?}, hashed_path: \"{stem}.{hash}.{extension}\", hash: {hash:?}")?;
        for (form, press) in [("br", brotli as Press), ("gzip", gzip)] {
            let file = out.join(format!("{hash}.{form}"));
            // Pressing takes longer than all else here, and most files are those of the last build.
            if !file.exists() {
                let unfinished = file.with_extension("unfinished");
                fs::write(&unfinished, press(bytes)?)?;
                fs::rename(unfinished, &file)?;
            }
            write!(table, ", {form}: include_bytes!({file:?})")?;
        }
        Ok(writeln!(table, " }},")?)
    }

    /// A text behind a script. What webpack collects is comments already; a licence that ended one would go on as a script.
    fn comment(text: &[u8]) -> Result<Vec<u8>, &'static str> {
        if text.starts_with(b"/*") {
            return Ok([b"\n", text].concat());
        }
        let ends_comment = text.windows(2).any(|pair| pair == b"*/");
        if ends_comment { Err("a notice holds */") } else { Ok([b"\n/*\n", text, b"\n*/\n"].concat()) }
    }

    /// `pkg/latchkey.SkQ3….wasm`, as cargo-leptos names it, is `pkg/latchkey` and `wasm`; our hash replaces its own.
    fn plain_name(name: &str) -> Option<(&str, &str)> {
        let (stem, extension) = name.rsplit_once('.')?;
        match stem.rsplit_once('.') {
            Some((plain, hash)) if name.starts_with("pkg/") && hash.len() == 22 => Some((plain, extension)),
            _ => Some((stem, extension)),
        }
    }

    fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let params = brotli::enc::BrotliEncoderParams { size_hint: bytes.len(), ..Default::default() };
        let mut pressed = Vec::new();
        brotli::BrotliCompress(&mut &*bytes, &mut pressed, &params)?;
        Ok(pressed)
    }

    fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes)?;
        encoder.finish()
    }
}
