//! How a family of APIs is declared: one `apis!` a file, each API with its parameters, its answer and its handler.

/// APIs as `Access "name" "about" (SHARED parameters) { own parameters } -> ANSWER handler`, and for asynchronous ones
/// `, job "the server's class" on "Instance" then end`. A parameter is `opt "name" Type "about"`, or `req`.
macro_rules! apis {
    ($(
        $access:ident $name:literal $about:literal ($($shared:ident),*) {
            $($need:ident $param:literal $takes:ident $(($of:literal))? $says:literal $(<= $length:literal)?;)*
        } -> $answers:ident $run:expr
        $(, job $class:literal on $instance:literal then $end:expr)?;
    )+) => {
        pub const APIS: &[crate::api::Api] = &[$(crate::api::Api {
            name: $name,
            about: $about,
            access: crate::api::Access::$access,
            params: &[
                &[$(crate::api::$need($param, crate::api::Takes::$takes $(($of))?, $says)$(.up_to($length))?),*],
                $($shared),*
            ],
            answers: $answers,
            run: $run,
            job: apis!(@work $($class, $instance, $end)?),
        }),+];
    };
    (@work) => { None };
    (@work $class:literal, $instance:literal, $end:expr) => {
        Some(crate::api::Work {
            class: concat!("org.apache.cloudstack.api.command.", $class),
            instance: $instance,
            milliseconds: 300,
            end: $end,
        })
    };
}
