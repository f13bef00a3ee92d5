//! What is sold, what can be said of it, and how many of such there are.

use domain::{DetailField, LicenseType, Product};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::key::{self, Key};

impl Entity for LicenseType {
    const NAME: &'static str = "license-type";

    fn key(&self) -> Key {
        key::license_type(&self.code)
    }
}

impl Entity for Product {
    const NAME: &'static str = "product";

    fn key(&self) -> Key {
        key::product(self.id)
    }
}

impl Entity for DetailField {
    const NAME: &'static str = "detail-field";

    fn key(&self) -> Key {
        key::field(&self.name)
    }
}

/// How many of something there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Of what.
    #[serde(flatten)]
    pub at: Key,
    /// How many.
    pub count: u64,
}

impl Entity for Count {
    const NAME: &'static str = "count";

    fn key(&self) -> Key {
        self.at.clone()
    }
}
