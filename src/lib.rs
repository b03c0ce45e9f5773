//! The custody application: it prepares the evidence packet for a key custody review, and recommends.

pub mod render;
