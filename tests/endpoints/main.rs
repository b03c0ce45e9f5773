//! Endpoints as they are: every known quirk of OpenAI-compatible servers, played by a mock server
//! that itself refuses any request a strict one would refuse.
//!
//! Test names begin with the quirk's number: Q for odd answers, E and R for errors and retries,
//! P for requests that servers reject.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod waits;
