//! A bounded map: what was used since the last turn, and what was used in the turn before.
//!
//! When the young generation is full it becomes the old one, and the old one is forgotten. An entry that is asked for
//! moves back to the young one. So what is in use stays, at constant cost, and nothing is kept for long without use.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// A map from `K` to `V` whose weights sum to at most twice `half`.
pub(crate) struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    young_weight: usize,
    old_weight: usize,
    half: usize,
}

impl<K: Eq + Hash, V: Clone> Generations<K, V> {
    /// Holds weights of at most `half` in either generation.
    pub(crate) fn new(half: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), young_weight: 0, old_weight: 0, half }
    }

    /// The value of `key`, which counts as used.
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if let Some((value, _)) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, weight)) = self.old.remove_entry(key)?;
        self.old_weight = self.old_weight.saturating_sub(weight);
        self.insert(key, value.clone(), weight);
        Some(value)
    }

    /// Keeps an entry, unless it alone is heavier than a generation may be.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        if weight > self.half {
            return;
        }
        if self.young_weight.saturating_add(weight) > self.half {
            self.old = std::mem::take(&mut self.young);
            self.old_weight = std::mem::take(&mut self.young_weight);
        }
        if let Some((_, weight)) = self.old.remove(&key) {
            self.old_weight = self.old_weight.saturating_sub(weight);
        }
        self.young_weight = self.young_weight.saturating_add(weight);
        if let Some((_, before)) = self.young.insert(key, (value, weight)) {
            self.young_weight = self.young_weight.saturating_sub(before);
        }
    }

    /// The sum of all weights.
    pub(crate) fn weight(&self) -> usize {
        self.young_weight.saturating_add(self.old_weight)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(map: &Generations<u32, u32>) -> usize {
        map.young.values().chain(map.old.values()).map(|(_, weight)| weight).sum()
    }

    #[test]
    fn weights_stay_bounded_and_are_what_is_there() {
        let mut map = Generations::new(100);
        let mut state = 1_u32;
        for _ in 0..20_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (key, weight) = (state >> 24, (state >> 16 & 127) as usize);
            match state >> 8 & 3 {
                0 => {
                    map.get(&key);
                }
                _ => map.insert(key, key, weight),
            }
            assert_eq!(map.weight(), sum(&map));
            assert!(map.weight() <= 200);
            assert!(map.young.keys().all(|key| !map.old.contains_key(key)), "an entry stands once");
        }
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let mut map = Generations::new(10);
        map.insert(0, "kept", 1);
        map.insert(1, "left", 1);
        for key in 2..100 {
            map.insert(key, "new", 1);
            assert_eq!(map.get(&0), Some("kept"), "after {key}");
        }
        assert_eq!(map.get(&1), None);
        assert!(map.len() <= 20);
    }

    #[test]
    fn what_is_too_heavy_is_not_kept() {
        let mut map = Generations::new(10);
        map.insert(1, (), 11);
        assert_eq!((map.get(&1), map.len(), map.weight()), (None, 0, 0));
        map.insert(1, (), 10);
        assert_eq!(map.get(&1), Some(()));
        let mut none = Generations::new(0);
        none.insert(1, (), 1);
        assert_eq!(none.get(&1), None);
    }
}
