//! Look, not meaning: a form is told by its page where to post and what to say.

pub mod account_fields;
pub mod alert;
pub mod auth_card;
pub mod button;
pub mod field;
pub mod footer;
pub mod form;
pub mod icon;
pub mod layout;
pub mod live_form;
pub mod moment;
pub mod nav;
pub mod password_field;
pub mod scripts;
pub mod tick;
pub mod words;
