//! The few parts that every figure is drawn from: scales, axes, marks, labels, and the panel that holds them.
//!
//! Colours and line widths are classes of the style sheet, so that one drawing fits light, dark and paper.

pub mod axis;
pub mod coordinates;
pub mod label;
pub mod mark;
pub mod once;
pub mod panel;
pub mod scale;
pub mod text;

pub use coordinates::{coarse, points, px, short, simplified, whole_px};
pub use mark::{Look, Who};
pub use panel::{Area, Panel};
pub use scale::Scale;
