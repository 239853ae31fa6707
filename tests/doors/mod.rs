//! One table of cases for both of the browser's doors: same input, same verdict (house rule 7).

mod branding;
mod cases;
mod cookies;
mod docs;
mod languages;
mod pages;
mod proxies;
mod usernames;
mod walls;
