using System.Reflection;
using System.Runtime.CompilerServices;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>Compiles the methods of an assembly, as a call would, and tells which ones ask for what is not there.</summary>
internal static class JitCheck
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Every method that is not generic, of types that are not; native and delegates' own ones aside.</summary>
    public static IEnumerable<MethodBase> Methods(Assembly assembly)
        => assembly.GetTypes()
            .Where(type => !type.ContainsGenericParameters)
            .SelectMany(type => type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
            .Where(method => !method.IsAbstract && !method.ContainsGenericParameters)
            .Where(method => !method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Where(method => !method.MethodImplementationFlags.HasFlag(MethodImplAttributes.Runtime));

    /// <summary>The methods that cannot be compiled because a type, a member or a file is missing.</summary>
    public static IReadOnlyList<string> Failures(Assembly assembly)
    {
        var failures = new List<string>();
        foreach (var method in Methods(assembly))
        {
            try
            {
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
            catch (Exception e) when (e is TypeLoadException or MissingMemberException or FileNotFoundException or FileLoadException)
            {
                failures.Add($"{method.DeclaringType}.{method.Name}: {e.Message}");
            }
        }

        return failures;
    }
}
