//! Every mutation of a correct draft is rejected with the code that names it, and every harmless
//! variation is accepted.

#[cfg(test)]
#[path = "kill_matrix/citations.rs"]
mod citations;
#[cfg(test)]
#[path = "kill_matrix/edit.rs"]
mod edit;
#[cfg(test)]
#[path = "kill_matrix/form.rs"]
mod form;
#[cfg(test)]
#[path = "kill_matrix/harmless.rs"]
mod harmless;
#[cfg(test)]
#[path = "kill_matrix/prose.rs"]
mod prose;
#[cfg(test)]
mod review;
#[cfg(test)]
#[path = "kill_matrix/rules.rs"]
mod rules;
