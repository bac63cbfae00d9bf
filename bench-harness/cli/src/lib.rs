//! The program `echolab`: its commands, and what they share.
//!
//! Commands parse options, call the packages below (`record`, `measure`, `analysis`, `report`), and print. This is the
//! only package of the harness that links the models: all others meet a model as a process.

pub mod activity;
pub mod browser;
pub mod choice;
pub mod command_line;
pub mod commands;
pub mod contenders;
pub mod exit_codes;
pub mod failure;
pub mod http_args;
pub mod lessons;
pub mod notes;
pub mod progress;
pub mod screen;
pub mod values;
pub mod workbench;

pub use command_line::command;
