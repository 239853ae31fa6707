//! The one integration binary: the real router, store, hashing and keys; only the hashing cost and the clock are set.

#[cfg(test)]
mod api;
#[cfg(test)]
mod assurance;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod house_rules;
#[cfg(test)]
mod model;
#[cfg(test)]
mod support;
#[cfg(test)]
mod texts;
