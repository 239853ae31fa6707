//! `/users` and `/users/{id}`: other people's accounts, for administrators.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Type};

use super::service::{self, ListInput, Listed, PageSize, Who};
use crate::domain::{Field, Role, text};
use crate::paths;
use crate::server::caller::Caller;
use crate::server::language::say;
use crate::server::rest::bearer::Bearer;
use crate::server::rest::body::{Body, Fields, JsonBody};
use crate::server::rest::problem::{Problem, Refusal};
use crate::server::rest::query::StrictQuery;
use crate::server::rest::refused::{LastAdministrator, NoAdministrator, NoSuchAccount};
use crate::server::rest::schema::Account;
use crate::server::state::AppState;
use crate::server::store::{AccountSort, RoleChange, StandingChanges};

/// Somebody who may come in here. Asked before anything else of the request is read; the services ask again.
pub struct Administrator(pub Caller);

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let Bearer(caller) = Bearer::from_request_parts(parts, state).await?;
        caller.require(&Role::ADMIN)?;
        Ok(Self(caller))
    }
}

/// What names somebody or something in the address, as it was written. What is not even text names nothing.
pub struct Number(pub String);

impl FromRequestParts<AppState> for Number {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let path = Path::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(number)| number).unwrap_or_default()))
    }
}

/// Which accounts, in which order, how many at once.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How the username or the e-mail address begins; letters count alike in both cases.
    #[param(value_type = String, required = false, max_length = 254)]
    pub search: String,
    /// By what.
    #[param(schema_with = sort_schema, required = false)]
    pub sort: AccountSort,
    /// Only accounts that may sign in, or only those that may not.
    #[param(value_type = bool, required = false)]
    pub is_active: Option<bool>,
    /// Only accounts with this role.
    #[param(value_type = String, required = false, pattern = "^[a-z][a-z0-9_-]{0,31}$")]
    pub role: Option<Role>,
    /// `next_cursor` of the page before. It goes on with the same search, order and filters only.
    #[param(value_type = String, required = false, max_length = 2048)]
    pub cursor: Option<String>,
    /// How many accounts a page has.
    #[param(value_type = i32, required = false, minimum = 1, maximum = 100, default = 50)]
    pub page_size: PageSize,
}

fn sort_schema() -> utoipa::openapi::Object {
    let names = AccountSort::ALL.map(AccountSort::as_str);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("In which order; a `-` in front turns it around."))
        .enum_values(Some(names))
        .default(Some(AccountSort::default().as_str().into()))
        .build()
}

impl Body for ListQuery {
    fn read(fields: &mut Fields) -> Self {
        let is_active = |text: &str| text.parse().ok();
        Self {
            search: fields.optional_text(Field::Search.as_str()).unwrap_or_default(),
            sort: parsed(fields, "sort", AccountSort::parse, say(text::api::WANTS_ORDER)).unwrap_or_default(),
            is_active: parsed(fields, "is_active", is_active, say(text::api::WANTS_FLAG)),
            role: parsed(fields, "role", Role::parse, say(text::api::WANTS_ROLE)),
            cursor: fields.optional_text("cursor"),
            page_size: parsed(fields, "page_size", PageSize::parse, say(text::api::WANTS_PAGE_SIZE))
                .unwrap_or_default(),
        }
    }
}

/// A parameter that may be missing, and is refused when it is not understood.
fn parsed<T>(fields: &mut Fields, name: &'static str, parse: impl Fn(&str) -> Option<T>, message: &str) -> Option<T> {
    let parsed = parse(&fields.optional_text(name)?);
    if parsed.is_none() {
        fields.refuse(name, "invalid", message);
    }
    parsed
}

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountList {
    /// The accounts.
    pub items: Vec<Account>,
    /// For `cursor`, to get the next page; null on the last one.
    #[schema(required = true, example = "lkc1.mB0u3X…")]
    pub next_cursor: Option<String>,
}

impl From<Listed> for AccountList {
    fn from(listed: Listed) -> Self {
        let items = listed.accounts.into_iter().map(Account::from).collect();
        Self { items, next_cursor: listed.next_cursor }
    }
}

/// What an account may do; what is left out stays as it is.
#[derive(ToSchema)]
#[schema(example = json!({"is_active": true}))]
pub struct AccountChange {
    /// Whether it may sign in.
    #[schema(nullable = false, example = true)]
    pub is_active: Option<bool>,
    /// All its roles: those that are not named are taken away. `user` is everybody's, named or not; the operator defines which
    /// others there are besides `admin`.
    #[schema(value_type = Vec<String>, required = false, example = json!(["admin", "user"]))]
    pub roles: Option<BTreeSet<Role>>,
}

impl Body for AccountChange {
    fn read(fields: &mut Fields) -> Self {
        let is_active = fields.optional_flag("is_active");
        let names = fields.optional_list(Field::Roles.as_str());
        let roles = names.map(|names| names.iter().map(|name| Role::parse(name)).collect::<Option<BTreeSet<_>>>());
        if matches!(roles, Some(None)) {
            fields.refuse(Field::Roles.as_str(), "invalid", say(text::api::WANTS_ROLE));
        }
        Self { is_active, roles: roles.flatten() }
    }
}

/// List accounts
///
/// Page by page, without a total. Who is there all the while is on exactly one page, whoever else comes and goes.
#[utoipa::path(
    get,
    path = paths::api::USERS,
    tag = "Administration",
    operation_id = "list_users",
    security(("OAuth2PasswordBearer" = [])),
    params(ListQuery),
    responses(
        (status = 200, description = "A page of accounts.", body = AccountList),
        (status = 400, description = "The cursor is not one of this list, the address holds a secret, or your account is disabled.",
         body = Problem, content_type = "application/problem+json"),
        NoAdministrator,
        (status = 422, description = "Parameters that cannot be taken; `errors` says which and why.",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    StrictQuery(query): StrictQuery<ListQuery>,
) -> Result<Json<AccountList>, Refusal> {
    let ListQuery { search, sort, is_active, role, cursor, page_size } = query;
    let input = ListInput { search, is_active, role, sort, page_size, cursor };
    Ok(Json(service::list(&state, &caller, input).await?.into()))
}

/// Show an account
#[utoipa::path(
    get,
    path = paths::api::USER,
    tag = "Administration",
    operation_id = "show_user",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991_i64, description = "The account's number.")),
    responses(
        (status = 200, description = "The account.", body = Account),
        NoAdministrator,
        NoSuchAccount
    )
)]
pub async fn show(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Number(id): Number,
) -> Result<Json<Account>, Refusal> {
    Ok(Json(service::show(&state, &caller, Who::Id(&id)).await?.account.into()))
}

/// Change what an account may do
///
/// Who is disabled, loses a role or becomes an administrator is signed out everywhere at once.
#[utoipa::path(
    patch,
    path = paths::api::USER,
    tag = "Administration",
    operation_id = "change_user",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991_i64, description = "The account's number.")),
    request_body = AccountChange,
    responses(
        (status = 200, description = "The account as it is now.", body = Account),
        NoAdministrator,
        NoSuchAccount,
        LastAdministrator
    )
)]
pub async fn update(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Number(id): Number,
    JsonBody(body): JsonBody<AccountChange>,
) -> Result<Json<Account>, Refusal> {
    let changes = StandingChanges { is_active: body.is_active, roles: body.roles.map(RoleChange::Replace) };
    Ok(Json(service::update(&state, &caller, (Who::Id(&id), changes)).await?.after.into()))
}

/// Let somebody sign in again
///
/// Forgets the account's failed sign-ins: too many in a row lock it for a while. The address that they came from stays throttled.
#[utoipa::path(
    post,
    path = paths::api::USER_UNLOCK,
    tag = "Administration",
    operation_id = "unlock_user",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991_i64, description = "The account's number.")),
    responses(
        (status = 204, description = "Its failed sign-ins are forgotten."),
        NoAdministrator,
        NoSuchAccount
    )
)]
pub async fn unlock(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Number(id): Number,
) -> Result<StatusCode, Refusal> {
    service::unlock(&state, &caller, Who::Id(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete an account
///
/// For good, with everything in it.
#[utoipa::path(
    delete,
    path = paths::api::USER,
    tag = "Administration",
    operation_id = "delete_user",
    security(("OAuth2PasswordBearer" = [])),
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991_i64, description = "The account's number.")),
    responses(
        (status = 204, description = "The account is gone."),
        (status = 403, description = "You are no administrator, or it is your own account and you signed in more than five minutes ago.", body = Problem, content_type = "application/problem+json"),
        NoSuchAccount,
        LastAdministrator
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    Administrator(caller): Administrator,
    Number(id): Number,
) -> Result<StatusCode, Refusal> {
    service::delete(&state, &caller, Who::Id(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
