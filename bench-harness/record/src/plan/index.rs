//! The numbers of contenders and loads in a plan: two types, so that the compiler finds a mix-up.

use std::ops::{Index, IndexMut};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::load::Load;

/// The number of a contender: its place in [`Plan::contenders`](super::Plan::contenders), from 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct ContenderId(pub usize);

/// The number of a load: its place in [`Plan::loads`](super::Plan::loads), from 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct LoadId(pub usize);

impl ContenderId {
    /// The numbers of all these contenders, in order.
    pub fn all(
        contenders: &[Contender],
    ) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone + use<> {
        (0..contenders.len()).map(Self)
    }
}

impl LoadId {
    /// The numbers of all these loads, in order.
    pub fn all(
        loads: &[Load],
    ) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone + use<> {
        (0..loads.len()).map(Self)
    }
}

impl Index<ContenderId> for Vec<Contender> {
    type Output = Contender;

    fn index(&self, id: ContenderId) -> &Contender {
        &self[id.0]
    }
}

impl IndexMut<ContenderId> for Vec<Contender> {
    fn index_mut(&mut self, id: ContenderId) -> &mut Contender {
        &mut self[id.0]
    }
}

impl Index<LoadId> for Vec<Load> {
    type Output = Load;

    fn index(&self, id: LoadId) -> &Load {
        &self[id.0]
    }
}

impl IndexMut<LoadId> for Vec<Load> {
    fn index_mut(&mut self, id: LoadId) -> &mut Load {
        &mut self[id.0]
    }
}
