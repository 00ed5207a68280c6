//! Lists in parts at a cloud that has to be asked in another way than it was meant.

use std::sync::Mutex;

use super::transport::Failure;
use super::wire::Carrier;
use super::*;
use crate::cloud::{Code, Loss, Proof, Shipped, SignedCall, kind};
use crate::record::Value;

/// Refuses `meant`, and answers `other` in two parts.
struct Particular(Box<dyn Dialect>);

impl Dialect for Particular {
    fn discovery(&self) -> Option<Request> {
        None
    }

    fn shipped(&self) -> Result<Shipped> {
        self.0.shipped()
    }

    fn probe(&self) -> Request {
        self.0.probe()
    }

    fn sign(&self, request: &Request, url: &str, _: Proof<'_>, _: &Manner, _: i64) -> SignedCall {
        let part = request.params.first().map_or("", |(_, token)| token);
        SignedCall {
            url: format!("{url}?{}{part}", request.api),
            body: None,
            cookies: None,
            headers: Vec::new(),
            shown: String::new(),
        }
    }

    fn read(&self, request: &Request, _: &Reply, _: &Types, _: bool) -> Result<Outcome> {
        if request.api == "meant" {
            return Err(Error::new(Kind::Refused, "not so"));
        }
        let mut answer = Answer::default();
        if request.params.is_empty() {
            answer.head.push("next", Value::String("+2".into()));
        }
        Ok(Outcome::Done(answer))
    }

    fn rephrased(&self, question: &Request, _: &Error) -> Option<Request> {
        (question.api == "meant").then(|| Request {
            api: "other".into(),
            params: Vec::new(),
        })
    }

    fn next(&self, request: &Request, answer: &Answer) -> Option<Request> {
        let token = answer.head.text("next")?;
        let mut next = request.clone();
        next.params.push(("next".into(), token));
        Some(next)
    }

    fn codes(&self) -> Vec<Code> {
        Vec::new()
    }

    fn reads(&self, _: &str) -> bool {
        true
    }

    fn loses(&self, _: &Request) -> Option<Loss> {
        None
    }

    fn pages(&self, _: &Request) -> bool {
        false
    }

    fn total(&self, _: &Answer) -> Option<usize> {
        None
    }

    fn page(&self, request: &Request, _: usize, _: usize) -> Request {
        request.clone()
    }

    fn ask(&self, request: &Request, _: &str) -> Request {
        request.clone()
    }

    fn ask_line(&self, request: &Request, _: &str) -> String {
        request.api.clone()
    }

    fn progress(&self, _: &Request, _: &str, _: &Reply, _: &Types) -> Result<Progress> {
        Ok(Progress::Running)
    }
}

/// Notes what is called.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl Carrier for Noting {
    fn carry<'a>(
        &'a self,
        _: &'a str,
        call: &'a SignedCall,
        _: bool,
    ) -> std::pin::Pin<Box<dyn Future<Output = std::result::Result<Reply, Failure>> + Send + 'a>>
    {
        let called = call.url.rsplit('?').next().unwrap_or_default();
        self.0.lock().unwrap().push(called.into());
        Box::pin(async {
            Ok(Reply {
                status: 200,
                ..Reply::default()
            })
        })
    }

    fn doubt(&self, _: &str, error: Error) -> Error {
        error
    }
}

#[tokio::test]
async fn the_parts_of_a_list_are_asked_for_in_the_way_that_was_taken() {
    let noting = Noting::default();
    let access = Access {
        servers: vec!["http://h/api".into()],
        identity: Identity::Nobody,
    };
    let client = Client {
        dialect: Box::new(Particular((kind("ec2").dialect)())),
        sender: Sender::over(Box::new(noting.clone()), access, None, None),
        route: Route::default(),
        book: None,
    };
    let meant = Request {
        api: "meant".into(),
        params: Vec::new(),
    };
    let fetched = client.fetch(&meant, &Options::default()).await;
    assert!(matches!(fetched, Ok(Outcome::Done(_))), "{fetched:?}");
    assert_eq!(*noting.0.lock().unwrap(), ["meant", "other", "other+2"]);
}
