//! The application: command line, agent loop, review queue, rendering.

pub mod agent;
pub mod basis;
pub mod cli;
pub mod config;
pub mod drafting;
pub mod eval;
pub mod packets;
pub mod prepare;
pub mod render;
pub mod review;
