//! From older schemas to this one.

use crate::{
    error::Error,
    ledger::meta,
    open::Known,
    rows::Field,
    schema::Column,
    store::{Batch, Durability, Store},
};

/// One step up: from a schema to the next.
///
/// A step collects every change into one batch, which is written together with the new number: a crash leaves the one
/// schema or the other. Where the rows would not fit into memory, the step says so by clearing the columns, and healing
/// builds them again.
pub(crate) struct Migration {
    /// The schema it starts from; it leads to the next one.
    pub(crate) from: u32,
    pub(crate) run: fn(&Store, &mut Batch<'_>) -> Result<(), Error>,
}

/// Schema 1 is the first.
pub(crate) const MIGRATIONS: &[Migration] = &[];

impl Known {
    /// The steps from a schema to the one that is known, in order; `None` if one is missing.
    pub(crate) fn way_up(&self, from: u32) -> Option<Vec<&'static Migration>> {
        (from..self.schema).map(|from| self.migrations.iter().find(|step| step.from == from)).collect()
    }
}

pub(crate) fn migrate(store: &Store, from: u32, known: &Known) -> Result<(), Error> {
    for step in known.way_up(from).ok_or(Error::NoMigration(from))? {
        let mut batch = store.batch();
        (step.run)(store, &mut batch)?;
        batch.put(Column::Meta, meta::SCHEMA, &step.from.saturating_add(1).encode())?;
        batch.write(Durability::Synced)?;
    }
    Ok(())
}
