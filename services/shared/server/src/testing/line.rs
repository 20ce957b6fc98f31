//! The routes of a service, called as somebody, without a network between.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use access::Caller;
use tonic::{body::Body, service::Routes};
use tower::Service;

/// What a client of a test calls: the routes, and who the layer around them would say it is.
#[derive(Debug, Clone)]
pub struct Line {
    routes: Routes,
    caller: Caller,
}

impl Line {
    /// To these routes, as this caller.
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

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        request.extensions_mut().insert(self.caller.clone());
        self.routes.call(request)
    }
}
