//! The compiled form: a typed tree over variable slots and field positions.

use super::fact::Fact;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Bool(bool),
    Int(i64),
    Text(String),
    Texts(Vec<String>),
    Var(usize),
    Field {
        of: Box<Expr>,
        index: usize,
        name: &'static str,
    },
    Has {
        of: Box<Expr>,
        index: usize,
        name: &'static str,
    },
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Choose {
        condition: Box<Expr>,
        yes: Box<Expr>,
        no: Box<Expr>,
    },
    Compare {
        operator: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    In {
        item: Box<Expr>,
        list: Box<Expr>,
    },
    Size(Box<Expr>),
    Each {
        kind: Quantifier,
        list: Box<Expr>,
        slot: usize,
        body: Box<Expr>,
    },
    Fact(Fact, Vec<Expr>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether the comparison holds for values in the order `ordering`.
    pub(crate) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// CEL's name for the operator.
    pub(crate) fn from_cel(name: &str) -> Option<Self> {
        match name {
            "_==_" => Some(Self::Equal),
            "_!=_" => Some(Self::NotEqual),
            "_<_" => Some(Self::Less),
            "_<=_" => Some(Self::LessOrEqual),
            "_>_" => Some(Self::Greater),
            "_>=_" => Some(Self::GreaterOrEqual),
            _ => None,
        }
    }
}

/// A macro over a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Exists,
    Filter,
    Map,
}
