//! Command line -> config -> store -> router -> serve.

fn main() {}
