//! A client of a service's routes in the same process, with a given caller.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use access::Caller;
use tonic::{Request, body::Body, service::Routes};
use tower::{Service, util::MapRequestLayer};

use crate::{Call, MethodPath};

/// The routes, and the caller that the call layer would have authenticated.
#[derive(Debug, Clone)]
pub struct Line {
    routes: Routes,
    caller: Caller,
}

impl Line {
    /// A client of these routes, as this caller.
    pub fn new(routes: Routes, caller: Caller) -> Self {
        Self { routes, caller }
    }
}

impl Service<http::Request<Body>> for Line {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = <Routes as Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<http::Request<Body>>::poll_ready(&mut self.routes, context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.routes.call(admitted(request, self.caller.clone()))
    }
}

/// For services that a test serves without the call layer: `caller` reads the caller of each request from its headers.
pub fn caller_layer<F>(caller: F) -> MapRequestLayer<impl Fn(http::Request<Body>) -> http::Request<Body> + Clone>
where
    F: Fn(&http::HeaderMap) -> Caller + Clone,
{
    MapRequestLayer::new(move |request: http::Request<Body>| {
        let caller = caller(request.headers());
        admitted(request, caller)
    })
}

/// A call of `method` by a caller, for tests of use cases.
pub fn call(method: &'static str, caller: Caller) -> Call {
    let request = http::Request::builder().uri(method).body(Body::empty()).expect("a method's path is a URI");
    Call::of(&Request::from_http(admitted(request, caller))).expect("the method and the caller are known")
}

/// The request as the call layer passes it on.
fn admitted(mut request: http::Request<Body>, caller: Caller) -> http::Request<Body> {
    let path = MethodPath::of(&request);
    request.extensions_mut().insert(path);
    request.extensions_mut().insert(std::sync::Arc::new(caller));
    request
}
