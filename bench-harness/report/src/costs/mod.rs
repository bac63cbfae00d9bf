//! The cost table: one a load, a row a contender, a column a figure; on the page and in Markdown.
//!
//! ```text
//! column · entry (value, ratio, heat) · letter ──> block (who is ranked, who is not) ──> html · markdown
//!                                          texts · notes (why, and what would decide it) ──┘
//! summary ──> data (what the script of the page computes with)
//! ```

mod block;
mod column;
mod data;
mod entry;
mod few;
mod html;
mod letter;
mod loads;
mod markdown;
mod notes;
mod texts;

pub use block::{Block, Row, Tables};
pub use column::{Column, divisor, written};
pub use data::data;
pub use few::Few;
pub use html::section;
pub use letter::Letter;
pub use markdown::text;
