//! The rules engine with the built-in library, from outside: what it finds in given evidence.

#[cfg(test)]
mod evidence;
#[cfg(test)]
mod kc_table;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod seeded_defects;
#[cfg(test)]
#[path = "../seeded/world.rs"]
mod world;
