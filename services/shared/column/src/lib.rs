//! Domain types as columns of both databases, so that queries bind and rows hold ids, days and states instead of text and numbers.
//!
//! A type implements [`Column`] and names itself in [`column!`]; an enum that is stored as text comes whole from [`text_enum!`]. A stored value that is
//! none of the type's is an error of the row that holds it.
#![warn(missing_docs)]

#[doc(hidden)]
pub use serde;
use serde::{Serialize, de::DeserializeOwned};
#[doc(hidden)]
pub use sqlx;
use sqlx::{Database, Decode, Encode, Type, encode::IsNull, error::BoxDynError};

/// A type that is stored in one column.
pub trait Column: Sized {
    /// The column's type: `String` for TEXT, `i64` for BIGINT.
    type Stored;

    /// The value as it is stored.
    fn to_stored(&self) -> Self::Stored;

    /// The value that is stored. Errors with a sentence when no value is stored so.
    fn from_stored(stored: Self::Stored) -> Result<Self, String>;
}

/// Lets sqlx bind and decode a type that is a [`Column`], and serde write it as it is stored: `column!(RoundId);`, in the crate of the type.
#[macro_export]
macro_rules! column {
    ($type:ty) => {
        const _: () = {
            use $crate::serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
            use $crate::sqlx::{Database, Decode, Encode, Type, encode::IsNull, error::BoxDynError};

            impl<D: Database> Type<D> for $type
            where
                <$type as $crate::Column>::Stored: Type<D>,
            {
                fn type_info() -> D::TypeInfo {
                    <<$type as $crate::Column>::Stored as Type<D>>::type_info()
                }

                fn compatible(info: &D::TypeInfo) -> bool {
                    <<$type as $crate::Column>::Stored as Type<D>>::compatible(info)
                }
            }

            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    <$type as $crate::Column>::to_stored(self).serialize(serializer)
                }
            }

            impl<'de> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let stored = <<$type as $crate::Column>::Stored as Deserialize>::deserialize(deserializer)?;
                    <$type as $crate::Column>::from_stored(stored).map_err(D::Error::custom)
                }
            }

            impl<'q, D: Database> Encode<'q, D> for $type
            where
                <$type as $crate::Column>::Stored: Encode<'q, D>,
            {
                fn encode_by_ref(&self, buffer: &mut <D as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                    <$type as $crate::Column>::to_stored(self).encode(buffer)
                }
            }

            impl<'r, D: Database> Decode<'r, D> for $type
            where
                <$type as $crate::Column>::Stored: Decode<'r, D>,
            {
                fn decode(value: <D as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                    let stored = <<$type as $crate::Column>::Stored as Decode<'r, D>>::decode(value)?;
                    Ok(<$type as $crate::Column>::from_stored(stored)?)
                }
            }
        };
    };
}

/// A value that a TEXT column holds as JSON: for parts that are only read and written together with their row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText<T>(pub T);

impl<T, D: Database> Type<D> for JsonText<T>
where
    String: Type<D>,
{
    fn type_info() -> D::TypeInfo {
        <String as Type<D>>::type_info()
    }

    fn compatible(info: &D::TypeInfo) -> bool {
        <String as Type<D>>::compatible(info)
    }
}

impl<'q, T: Serialize, D: Database> Encode<'q, D> for JsonText<T>
where
    String: Encode<'q, D>,
{
    fn encode_by_ref(&self, buffer: &mut <D as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        serde_json::to_string(&self.0)?.encode(buffer)
    }
}

impl<'r, T: DeserializeOwned, D: Database> Decode<'r, D> for JsonText<T>
where
    String: Decode<'r, D>,
{
    fn decode(value: <D as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_str(&<String as Decode<'r, D>>::decode(value)?)?))
    }
}

/// Makes an enum that is stored as text: `text_enum! { /// A state. pub(crate) enum State { /// Open. Open = "open", /// Closed. Closed = "closed" } }`.
/// It has `ALL`, `as_str`, `FromStr` and `Display`, and is a column.
#[macro_export]
macro_rules! text_enum {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// All of them, in order.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value as it is stored and shown.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                found.ok_or_else(|| format!("`{text}` is none of {}", [$($text),+].join(", ")))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::Column for $name {
            type Stored = String;

            fn to_stored(&self) -> String {
                self.as_str().to_owned()
            }

            fn from_stored(stored: String) -> Result<Self, String> {
                stored.parse()
            }
        }

        $crate::column!($name);
    };
}

/// Makes an enum that is stored, and sent, as the number that the contracts give it: `code_enum! { /// A stage. pub(crate) enum Stage { /// Applied.
/// Applied = 1, /// Enrolled. Enrolled = 2 } }`. It has `ALL`, `of` and `number`, and is a column; `from_stored` reads the number of a message.
#[macro_export]
macro_rules! code_enum {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// All of them, in order.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value of a number; none for other numbers.
            $vis const fn of(number: i64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The number as it is stored and sent.
            $vis const fn number(self) -> i64 {
                match self {
                    $(Self::$variant => $number),+
                }
            }
        }

        impl $crate::Column for $name {
            type Stored = i64;

            fn to_stored(&self) -> i64 {
                self.number()
            }

            fn from_stored(stored: i64) -> Result<Self, String> {
                let known = [$(concat!(stringify!($number), " (", stringify!($variant), ")")),+];
                Self::of(stored).ok_or_else(|| format!("`{stored}` is none of {}", known.join(", ")))
            }
        }

        $crate::column!($name);
    };
}

#[cfg(test)]
mod tests {
    use super::Column;

    crate::code_enum! {
        /// A stage.
        enum Stage {
            /// Applied.
            Applied = 1,
            /// Enrolled.
            Enrolled = 2,
        }
    }

    #[test]
    fn an_enum_with_numbers_is_stored_as_its_number() {
        assert!(Stage::ALL.iter().all(|stage| Stage::from_stored(stage.to_stored()) == Ok(*stage)));
        assert_eq!((Stage::Enrolled.number(), Stage::of(1), Stage::of(0)), (2, Some(Stage::Applied), None));
        assert_eq!(Stage::from_stored(3), Err("`3` is none of 1 (Applied), 2 (Enrolled)".to_owned()));
    }
}
