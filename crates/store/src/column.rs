//! How values of the core stand in columns: names and arms as text, everything with a shape of its own as JSON.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use viridian_core::arm::Arm;

/// A value kept as JSON.
pub(crate) struct Json<T>(pub(crate) T);

/// A name kept as text.
pub(crate) struct Name<T>(pub(crate) T);

/// An arm kept as its word.
pub(crate) struct ArmWord(pub(crate) Arm);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(ToSqlOutput::from(text))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl<T> FromSql for Name<T>
where
    T: TryFrom<String>,
    T::Error: Error + Send + Sync + 'static,
{
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?.to_owned();
        T::try_from(text).map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for ArmWord {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.as_str()))
    }
}

impl FromSql for ArmWord {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        Arm::all().find(|arm| arm.as_str() == word).map(Self).ok_or(FromSqlError::InvalidType)
    }
}
